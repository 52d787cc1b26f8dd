/**
 * Publication: the log is told what the store has decided. First the events, in order, into the audit topic; then the
 * routing of every workload they are about; then the store notes that this is done. A process that is killed in between
 * leaves the note out, and the next one publishes all of it again: a repeated event is recognised by its number and
 * hash, a repeated record of the routing says the same.
 *
 * Whoever is slow may write an older routing behind a newer one. So after writing it looks at the chain again, and
 * writes again what has moved; and what a process that died there has left is mended by `confirmRouting`. Consumers
 * never go back to a lower version.
 */
import { encodeRoutingRecord, decodeRoutingRecord, type RoutingRecord } from '../../cutover/routing.ts'
import { BanyanError } from '../../domain/errors.ts'
import type { SampleLog } from '../../log/log.ts'
import type { Store } from '../../store/store.ts'
import { failpoint } from '../../util/failpoint.ts'
import type { Ledger } from './ledger.ts'

/** Events told at once; a chain grows by a few a day. */
const BATCH = 100

export class Publication {
  readonly #store: Store
  readonly #ledger: Ledger
  readonly #log: () => Promise<SampleLog>

  constructor(store: Store, ledger: Ledger, log: () => Promise<SampleLog>) {
    this.#store = store
    this.#ledger = ledger
    this.#log = log
  }

  /** Answers how many events were published. One query when there is nothing to do. */
  async publishPending(signal: AbortSignal): Promise<number> {
    for (let published = 0; ;) {
      const events = this.#store.cutoverEvents.unpublished(BATCH)
      if (events.length === 0) return published
      const log = await this.#log()
      await log.publish(
        'audit',
        events.map(({ workload, line }) => ({ key: workload, value: line })),
        signal,
      )
      failpoint('audit-published')
      for (const workload of new Set(events.map((event) => event.workload)))
        await this.#publishRouting(workload, signal)
      failpoint('routing-published')
      this.#store.cutoverEvents.markPublished(events.map(({ seq }) => seq))
      published += events.length
    }
  }

  /** Publishes the routing of each workload whose record in the log is not what the chain says; answers how many. */
  async confirmRouting(signal: AbortSignal): Promise<number> {
    const workloads = this.#ledger.workloads()
    if (workloads.length === 0) return 0
    const current = await this.#readRouting(signal)
    let mended = 0
    for (const workload of workloads) {
      const { routing } = this.#ledger.account(workload)
      if (routing === undefined || current.get(workload) === encodeRoutingRecord(routing)) continue
      await this.#publishRouting(workload, signal)
      mended += 1
    }
    return mended
  }

  /** Publishes the routing as it is, and resolves once a reader of the topic sees it, or a later one. */
  async publishUntilSeen(workload: string, signal: AbortSignal): Promise<void> {
    const version = await this.#publishRouting(workload, signal)
    const seen = decodeRoutingRecord((await this.#readRouting(signal)).get(workload) ?? '')
    if (version === undefined || seen === undefined || seen.version < version) throw notSeen(workload)
  }

  /** Answers the version that stands in the log now; undefined when there is none to publish. */
  async #publishRouting(workload: string, signal: AbortSignal): Promise<number | undefined> {
    const log = await this.#log()
    for (let told: RoutingRecord | undefined; ;) {
      const { routing } = this.#ledger.account(workload)
      if (routing === undefined || routing.version === told?.version) return told?.version
      await log.publish('routing', [{ key: workload, value: encodeRoutingRecord(routing) }], signal)
      told = routing
    }
  }

  /** The last record of each workload. */
  async #readRouting(signal: AbortSignal): Promise<Map<string, string>> {
    const log = await this.#log()
    const last = new Map<string, string>()
    for await (const { key, value } of log.readSide('routing', signal)) last.set(key, value)
    return last
  }
}

function notSeen(workload: string): BanyanError {
  return new BanyanError('BANYAN_LOG_CORRUPT', `the routing of ${workload} was published, and is not in its topic`, {
    hint: 'See who else writes to the routing topic, and that it is compacted by key.',
    context: { workload },
  })
}
