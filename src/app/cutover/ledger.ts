/**
 * Ledger: where every workload stands, as the fold of the audit chain, and the one place that adds to it. An event is
 * judged by the reducer inside the transaction that appends it, against all events there are: of two who decide at
 * once, the second is judged by what the first one did.
 */
import { ChainCheck, encodeAuditEvent, nextLink, type AuditEvent, type ChainLink } from '../../cutover/audit-chain.ts'
import { decodeRecordedEvent } from '../../cutover/decode-event.ts'
import type { CutoverAction, CutoverEvent, EventDetails } from '../../cutover/events.ts'
import { apply, replay, type RecordedEvent } from '../../cutover/machine.ts'
import { routingRecordOf, type RoutingRecord } from '../../cutover/routing.ts'
import { initial, type CutoverState } from '../../cutover/state.ts'
import { BanyanError, messageOf } from '../../domain/errors.ts'
import type { Store } from '../../store/store.ts'
import { failpoint } from '../../util/failpoint.ts'
import { refuse, type Refusal, type Refused } from './outcome.ts'

/** Only a registration comes before any rules, and brings its own. */
const NO_POLICY = '0'.repeat(64)
/** Events read at once. */
const PAGE = 1_000

/** One workload as its events tell. */
export interface Account {
  readonly state: CutoverState
  /** `seq` of the last; 0 before the first. */
  readonly lastSeq: number
  /** Rules of its epoch, which every event in it is judged by; undefined before the first. */
  readonly policyHash: string | undefined
  /** Undefined before the first. */
  readonly routing: RoutingRecord | undefined
}

/** What is to be recorded. */
export interface Entry<A extends CutoverAction> {
  readonly workload: string
  /** By the bridge's clock, RFC 3339. */
  readonly at: string
  readonly actor: string
  readonly action: A
  /** For an event that begins an epoch under other rules; left out: those of the epoch. */
  readonly policyHash?: string
  readonly manifestHash?: string | undefined
  readonly reason?: string | undefined
  /**
   * Called in the transaction, before the reducer judges: whatever it writes to the store stands or falls with the
   * event. What it refuses is not recorded.
   */
  readonly detail: (account: Account) => EventDetails[A] | Refused
}

interface Pages {
  readonly rows: RecordedEvent[]
  readonly events: AuditEvent[]
  account: Account | undefined
}

export class Ledger {
  readonly #store: Store
  readonly #check = new ChainCheck()
  /** By workload. */
  readonly #pages = new Map<string, Pages>()

  constructor(store: Store) {
    this.#store = store
  }

  /** The last link; undefined of an empty chain. */
  head(): ChainLink | undefined {
    this.#catchUp()
    return this.#check.head
  }

  /** Names of all workloads that have an event, in the order of their first. */
  workloads(): string[] {
    this.#catchUp()
    return [...this.#pages.keys()]
  }

  /** Events of a workload, or of all, by ascending `seq`. */
  events(workload?: string): AuditEvent[] {
    this.#catchUp()
    if (workload !== undefined) return [...(this.#pages.get(workload)?.events ?? [])]
    return [...this.#pages.values()].flatMap(({ events }) => events).sort((a, b) => a.seq - b.seq)
  }

  /** Rows of a workload as the reducer reads them. */
  rows(workload: string): readonly RecordedEvent[] {
    this.#catchUp()
    return this.#pages.get(workload)?.rows ?? []
  }

  /** Throws BANYAN_STORE_CORRUPT when the chain does not hold. */
  account(workload: string): Account {
    this.#catchUp()
    const pages = this.#pages.get(workload)
    if (pages === undefined) {
      return { state: initial(workload), lastSeq: 0, policyHash: undefined, routing: undefined }
    }
    pages.account ??= accountOf(workload, pages)
    return pages.account
  }

  /** Records the event, durably, or answers why the reducer or the detail refuses it. */
  record<A extends CutoverAction>(entry: Entry<A>): AuditEvent | Refused {
    const { workload, at, actor, action } = entry
    const [manifestHash, reason] = [entry.manifestHash ?? null, entry.reason ?? null]
    try {
      const { event } = this.#store.cutoverEvents.append((head) => {
        const account = this.account(workload)
        const found = entry.detail(account)
        if (isRefused(found)) throw new Refusing(found)
        const detail = found
        const asked = { seq: (head?.seq ?? 0) + 1, at, actor, manifestHash, reason, action, detail }
        const transition = apply(account.state, asked as unknown as CutoverEvent<A>)
        if (transition.kind === 'refused') throw new Refusing(transition)
        const { phase: to, percent, epoch } = transition.state
        const policyHash = entry.policyHash ?? account.policyHash ?? NO_POLICY
        const event = nextLink(head, {
          ...{ at, workload, actor, action, policyHash, manifestHash, reason },
          ...{ from: account.state.phase, to, percent, epoch, detail: { ...detail } },
        })
        const { seq, prevHash, hash } = event
        return { seq, prevHash, hash, workload, line: encodeAuditEvent(event), event }
      })
      failpoint('decision-recorded')
      return event
    } catch (error) {
      if (error instanceof Refusing) return refuse(error.refusal.reason, error.refusal.hint)
      throw error
    }
  }

  /** Reads what was appended since, by whatever process. */
  #catchUp(): void {
    for (;;) {
      const rows = this.#store.cutoverEvents.list({ afterSeq: this.#check.head?.seq ?? 0, limit: PAGE })
      for (const { line } of rows) this.#add(line)
      if (rows.length < PAGE) return
    }
  }

  #add(line: string): void {
    try {
      const event = this.#check.add(line)
      const row = decodeRecordedEvent(event, 'event')
      const pages = this.#pages.get(event.workload) ?? { rows: [], events: [], account: undefined }
      pages.rows.push(row)
      pages.events.push(event)
      pages.account = undefined
      this.#pages.set(event.workload, pages)
    } catch (cause) {
      throw new BanyanError('BANYAN_STORE_CORRUPT', `the audit chain of the store does not hold: ${messageOf(cause)}`, {
        hint: 'Nothing is decided on it. The audit topic, or an exported bundle, tells which events are genuine.',
        context: { store: this.#store.file },
        cause,
      })
    }
  }
}

function isRefused(found: object): found is Refused {
  return 'kind' in found && found.kind === 'refused'
}

/** Ends a transaction without writing anything of it. */
class Refusing extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.reason)
    this.refusal = refusal
  }
}

/** Actions whose rules hold from then on. */
const BEGINNING: ReadonlySet<CutoverAction> = new Set<CutoverAction>(['register', 'epoch'])
/** Actions that a new version of the routing may come from. */
const MOVING: ReadonlySet<CutoverAction> = new Set<CutoverAction>(['register', 'advance', 'rollback'])

function accountOf(workload: string, { rows, events }: Pages): Account {
  const state = replay(workload, rows)
  const moved = events.findLast(({ action }) => MOVING.has(action))
  return {
    state,
    lastSeq: events.at(-1)?.seq ?? 0,
    policyHash: events.findLast(({ action }) => BEGINNING.has(action))?.policyHash,
    routing: moved === undefined ? undefined : routingRecordOf(state, moved.at),
  }
}
