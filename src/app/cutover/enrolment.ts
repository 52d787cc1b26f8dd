/**
 * Enrolment: keeps the chain up with the configuration. A configured workload is registered; where its policy, its tags,
 * their servers or the rules of comparison are others than those of its epoch, a new epoch begins, and nothing that was
 * shown before counts. By the bridge itself: nobody has to remember it.
 *
 * Two processes that run with different configurations would begin epochs in turns. So this is done when something is
 * loaded or asked for, never by the clock.
 */
import type { WorkloadConfig } from '../../config/config.ts'
import type { AuditEvent } from '../../cutover/audit-chain.ts'
import { BRIDGE_ACTOR, type EpochRules } from '../../cutover/events.ts'
import { policyHash } from '../../cutover/policy.ts'
import type { Store } from '../../store/store.ts'
import type { Bridge } from '../bridge.ts'
import { basisOf } from './basis.ts'
import type { Account, Ledger } from './ledger.ts'
import { refuse } from './outcome.ts'
import { policyOf } from './policy-of.ts'
import { workloadTags } from './workload-tags.ts'

export interface EnrolmentParts {
  readonly bridge: Bridge
  readonly store: Store
  readonly ledger: Ledger
  /** By the bridge's clock, RFC 3339. */
  readonly now: () => string
}

/** The event that was recorded; undefined: there was nothing to do. */
export function enrol({ bridge, store, ledger, now }: EnrolmentParts, config: WorkloadConfig): AuditEvent | undefined {
  const policy = policyOf(config)
  const rules = {
    canarySteps: policy.canarySteps,
    basis: basisOf(workloadTags(store, bridge.config.tags, config), bridge.config.parity),
  }
  const hash = policyHash(policy)
  const isCurrent = ({ state, policyHash: known }: Account): boolean =>
    (state.basis === rules.basis && known === hash) || state.phase === 'retired'
  const account = ledger.account(config.name)
  if (isCurrent(account)) return undefined
  const isNew = account.state.epoch === 0
  const recorded = ledger.record({
    workload: config.name,
    at: now(),
    actor: BRIDGE_ACTOR,
    action: isNew ? 'register' : 'epoch',
    policyHash: hash,
    reason: isNew ? undefined : whyOf(account, rules, hash),
    // Another process may have been first.
    detail: (found) => (isCurrent(found) ? refuse('it is so already', 'Nothing has to be done.') : rules),
  })
  return 'kind' in recorded ? undefined : recorded
}

function whyOf({ state, policyHash: known }: Account, { basis }: EpochRules, hash: string): string {
  const changed = [
    ...(known === hash ? [] : ['the policy']),
    ...(state.basis === basis ? [] : ['the tags, their servers or the rules of comparison']),
  ]
  return `changed: ${changed.join(', and ')}`
}
