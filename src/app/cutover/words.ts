/** Words for people: what each gate asks, and what an event of the chain did. */
import type { AuditEvent } from '../../cutover/audit-chain.ts'
import { decodeRecordedEvent } from '../../cutover/decode-event.ts'
import type { CutoverAction, CutoverEvent } from '../../cutover/events.ts'
import type { GateName } from '../../cutover/gate.ts'
import type { RecordedEvent } from '../../cutover/machine.ts'
import { stepText } from '../../report/cutover-words.ts'
import { formatCount, plural } from '../../util/format.ts'

export const GATE_QUESTIONS: Readonly<Record<GateName, string>> = {
  coverage: 'Was every window in scope compared, and do the counts add up?',
  'as-of': 'Was all of it verified after the move was asked for?',
  streak: 'Has everything been green for long enough?',
  diversity: 'Has the green stretch seen restarts, outages, late data and a change of the clocks?',
  mismatches: 'Is no difference open?',
  lag: 'Is the log as fresh as its consumers need?',
  bound: 'Is the rate of windows that may be wrong small enough?',
  shadow: 'Did consumers that read both sides see the same?',
  vitality: 'Does the verifier find the faults that are planted for it?',
  'rollback-ready': 'Was the way back rehearsed, and is the historian still fed?',
  approvals: 'Do enough people answer for it?',
}

/** Completes "<actor> …", e.g. `moved it to canary 10 %`. `event`: one of a chain that holds. */
export function describeEvent(event: AuditEvent): string {
  const row = decodeRecordedEvent(event, 'event')
  const tell = DID[row.event.action] as (event: CutoverEvent, row: RecordedEvent) => string
  return tell(row.event, row)
}

const DID: { readonly [A in CutoverAction]: (event: CutoverEvent<A>, row: RecordedEvent) => string } = {
  register: () => 'registered it',
  request: ({ detail: { scope } }) =>
    `asked for the next step, as of ${plural(scope.cells, 'window')} of ${plural(scope.tags, 'tag')}`,
  advance: (_event, { to, percent }) => `moved it to ${stepText({ phase: to, percent })}`,
  approve: ({ detail: { to, percent } }) => `approved the step to ${stepText({ phase: to, percent })}`,
  freeze: () => 'froze it',
  thaw: () => 'thawed it',
  rollback: ({ detail: { cause } }, { to }) => `took it back to ${to} (${cause})`,
  'quarantine-lifted': (_event, { epoch }) => `lifted the quarantine; epoch ${formatCount(epoch)} begins`,
  drill: ({ detail: { seconds } }) => `rehearsed the way back in ${String(seconds)} s`,
  epoch: (_event, { epoch }) => `began epoch ${formatCount(epoch)}: rules, tags, build or historian changed`,
  waive: ({ detail: { tag, from, until, expiresAt } }) =>
    `waived the differences of ${tag} from ${from} until ${until}; the waiver ends ${expiresAt}`,
}
