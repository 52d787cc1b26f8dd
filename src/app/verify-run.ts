/**
 * VerifyRun: one verification of what a scope selects, historian by historian side by side, over a log and a store that
 * somebody holds the lease of. It reads the historians in a lane of its own, and appends nothing.
 *
 * Each historian's part is a run with a name in the store: one that was interrupted, asked for again, goes on where it
 * stopped. Coverage and the log's end are taken as they are when the run begins.
 */
import { isDeepStrictEqual } from 'node:util'
import { cellsTouched } from '../domain/cell.ts'
import type { Coverage } from '../domain/coverage.ts'
import { historianOf, type TagId } from '../domain/tag-id.ts'
import type { Tag } from '../domain/tag.ts'
import { ticksFromMs, TICKS_PER_MS, type Ticks } from '../domain/ticks.ts'
import type { SampleLog, TagProgress } from '../log/log.ts'
import type { ExpectedTag } from '../store/parity.ts'
import type { Store } from '../store/store.ts'
import { together } from '../util/abort.ts'
import type { TagKnowledge } from '../verify/judge.ts'
import { rulesOf } from '../verify/explain/policy.ts'
import type { SweepFailure } from '../verify/failed-tags.ts'
import { verify, type AskedTag, type VerifyOutcome, type VerifyRequest } from '../verify/verify.ts'
import type { Bridge } from './bridge.ts'
import type { GovernedSource } from './historian-connections.ts'
import { settledUntil } from './ranges.ts'
import { readingOverLoss } from './read-over-loss.ts'
import { beginSample } from './parity-sample.ts'
import { refuseOtherServer } from './same-server.ts'
import { sampledWindows } from './sampled-windows.ts'
import type { Selection } from './selection.ts'
import { expectedOf, storedVerifyScope, type VerifyScope } from './verify-scope.ts'

/** When settings were seen is told by our clock, when samples were archived by the historian's. */
const CLOCKS_APART_MS = 3_600_000

export interface VerifyOptions extends VerifyScope {
  /** `projection`: against what the log was folded to; `log`: reads the log again as well. */
  readonly depth: VerifyRequest['depth']
  /** Only the cells these touch, and no other tags; undefined: all that is expected. */
  readonly windows?: ReadonlyMap<TagId, Coverage>
}

export interface VerifyRunParts {
  readonly bridge: Bridge
  readonly store: Store
  readonly log: SampleLog
  /** The tags of the scope, as the historians list them now. */
  readonly select: (scope: VerifyScope, signal: AbortSignal) => Promise<Selection>
  /** What is durable of a tag; undefined: the log has never seen it. */
  readonly progressOf: (tag: TagId) => Pick<TagProgress, 'covered' | 'samples'> | undefined
  /** Folds the log up to its end as of now; one call at a time. */
  readonly project: (signal: AbortSignal) => Promise<void>
  readonly onProgress: (progress: VerifyProgress) => void
}

export interface VerifyProgress {
  readonly phase: 'catalogue' | 'compare'
  /** Cells compared, and to compare; cells that are looked at again count again. */
  readonly cells: number
  readonly cellsTotal: number
  /** Samples read from the historians. */
  readonly rows: number
}

export interface VerifyResult {
  readonly selection: Selection
  /** Only what this look or a later one has seen was verified by this run. */
  readonly sinceLook: number
  /** Samples read from the historians. */
  readonly rows: number
  /** Cells of which the log does not show what was folded; 0 unless it was read. */
  readonly logShort: number
  readonly failures: readonly SweepFailure[]
}

/** The run that compares a historian on demand; what it has spent is kept under this name. */
export function verifyRunName(historian: string): string {
  return `verify ${historian}`
}

/** As `verifyRunName`, for what a daemon compares by itself; it never ends. */
export function continuousRunName(historian: string): string {
  return `continuous ${historian}`
}

/** Rejects when a historian, the log or the store fails as a whole, or the signal aborts; what was found stays. */
export async function runVerification(
  options: VerifyOptions,
  parts: VerifyRunParts,
  signal: AbortSignal,
): Promise<VerifyResult> {
  return new VerifyRun(options, parts).run(signal)
}

interface Asked {
  readonly source: GovernedSource
  readonly settled: Ticks
}

class VerifyRun {
  readonly #options: VerifyOptions
  readonly #parts: VerifyRunParts
  readonly #outcomes = new Map<string, VerifyOutcome>()
  readonly #firstLooks: number[] = []
  /** Of a cell, in ticks. */
  readonly #width: bigint
  #cellsTotal = 0

  constructor(options: VerifyOptions, parts: VerifyRunParts) {
    this.#options = options
    this.#parts = parts
    this.#width = BigInt(parts.bridge.config.parity.cellMs) * TICKS_PER_MS
  }

  async run(signal: AbortSignal): Promise<VerifyResult> {
    const { select } = this.#parts
    this.#tell('catalogue')
    const asked = await this.#probe(signal)
    const selection = await select(this.#options, signal)
    const tags = new Map(selection.selected.map(({ tag }) => [tag.id, tag]))
    const wanted = this.#wanted(selection)
    this.#cellsTotal = wanted.reduce((sum, one) => sum + this.#cellsOf(one), 0)
    this.#tell('compare')
    await together(
      asked.map((one) => (shared) => this.#verifyHistorian(one, wanted, tags, shared)),
      signal,
    )
    const outcomes = [...this.#outcomes.values()]
    return {
      selection,
      sinceLook: Math.min(...this.#firstLooks),
      rows: outcomes.reduce((sum, { rows }) => sum + rows, 0),
      logShort: outcomes.reduce((sum, { logShort }) => sum + logShort, 0),
      failures: outcomes.flatMap(({ failures }) => failures),
    }
  }

  async #probe(signal: AbortSignal): Promise<Asked[]> {
    const { bridge, store } = this.#parts
    const { historian } = this.#options
    const names = new Set(bridge.config.tags.map((rule) => rule.historian))
    const wanted = [...names].filter((name) => historian === undefined || name === historian)
    return Promise.all(
      wanted.map(async (name) => {
        const source = await bridge.source(name, 'verify')
        const probe = await source.source.probe(signal)
        refuseOtherServer(store, name, probe)
        return { source, settled: settledUntil(probe.serverTime, bridge.config.sync.settleMs) }
      }),
    )
  }

  #wanted({ selected }: Selection): AskedTag[] {
    const { store, bridge } = this.#parts
    const expected = expectedOf(selected, this.#options, copiedState(store, bridge, selected))
    const windows = this.#options.windows ?? this.#drawn(expected)
    return expected.map(({ tag, expected: window }) => {
      const ofTag = windows?.get(tag)
      return { tag, expected: window, ...(ofTag && { windows: ofTag }) }
    })
  }

  /** Undefined for a census. */
  #drawn(expected: readonly ExpectedTag[]): ReadonlyMap<TagId, Coverage> | undefined {
    const { store, bridge } = this.#parts
    const { parity } = bridge.config
    if (parity.sample === undefined) return undefined
    beginSample(store, parity)
    return sampledWindows(parity.sample, { rules: rulesOf(parity), width: this.#width }, expected, store)
  }

  async #verifyHistorian(
    { source: { config, source, governor }, settled }: Asked,
    wanted: readonly AskedTag[],
    tags: ReadonlyMap<TagId, Tag>,
    signal: AbortSignal,
  ): Promise<void> {
    const { bridge, store, log, progressOf, project } = this.#parts
    const { depth, windows } = this.#options
    const { parity } = bridge.config
    // Named windows are compared now, whatever was begun before.
    const name = windows === undefined ? verifyRunName(config.name) : `verify windows of ${config.name}`
    const rules = rulesOf(parity)
    if (windows !== undefined) store.verifyRuns.end(name)
    const { firstLook } = store.verifyRuns.begin(name, { ...storedVerifyScope(this.#options), depth, rules })
    this.#firstLooks.push(firstLook)
    const spend = new Spending(name, store, () => governor.requestsOf('verify'))
    await verify(
      {
        tags: wanted.filter(({ tag }) => tags.has(tag) && historianOf(tag) === config.name),
        depth,
        sinceLook: firstLook,
      },
      {
        source,
        pageSize: config.primary.pageSize,
        log: readingOverLoss(log),
        store,
        progressOf,
        tagOf: (id) => tags.get(id),
        cellWidth: this.#width,
        project,
        settled: () => settled,
        rules,
        policy: parity,
        knowledgeOf: (tag) => knownOf(store, tag),
        pageSizes: [config.primary.pageSize],
        onOutcome: (soFar) => {
          this.#outcomes.set(config.name, soFar)
          spend.note(soFar.rows)
          this.#tell('compare')
        },
      },
      signal,
    )
    store.verifyRuns.end(name)
  }

  #cellsOf({ expected, windows = [expected] }: AskedTag): number {
    return cellsTouched(windows, this.#width).reduce(
      (sum, { from, until }) => sum + Number((until - from) / this.#width),
      0,
    )
  }

  #tell(phase: VerifyProgress['phase']): void {
    const outcomes = [...this.#outcomes.values()]
    this.#parts.onProgress({
      phase,
      cells: outcomes.reduce((sum, { cells }) => sum + cells, 0),
      cellsTotal: this.#cellsTotal,
      rows: outcomes.reduce((sum, { rows }) => sum + rows, 0),
    })
  }
}

/** Settings are known from the first time they were seen on; nobody tells what they were before. */
export function knownOf(store: Store, tag: Tag): TagKnowledge {
  const stored = store.tags.get(tag.id)
  if (stored === undefined || !isDeepStrictEqual(stored.tag, tag)) return {}
  return { settingsSince: ticksFromMs(stored.versionAtMs + CLOCKS_APART_MS) }
}

/** What is copied, as the store remembers it. */
export function copiedState(store: Store, bridge: Bridge, selected: Selection['selected']) {
  const known = store.tags.list().map(({ tag }) => tag)
  return {
    covered: new Map([...store.coverage.load()].map(([tag, { covered }]) => [tag, covered])),
    future: new Set([...known, ...selected.map(({ tag }) => tag)].filter((tag) => tag.future).map(({ id }) => id)),
    now: ticksFromMs(Date.now() - bridge.config.sync.settleMs),
    cellWidth: BigInt(bridge.config.parity.cellMs) * TICKS_PER_MS,
  }
}

/** Adds what a run spends to its row, as it goes: a run that is killed has spent it all the same. */
class Spending {
  readonly #name: string
  readonly #store: Store
  readonly #requestsNow: () => number
  #rows = 0
  #requests: number
  #atMs = performance.now()

  constructor(name: string, store: Store, requestsNow: () => number) {
    this.#name = name
    this.#store = store
    this.#requestsNow = requestsNow
    this.#requests = requestsNow()
  }

  /** `rows`: read by this run so far. */
  note(rows: number): void {
    const [requests, atMs] = [this.#requestsNow(), performance.now()]
    const spent = { rows: rows - this.#rows, requests: requests - this.#requests, busyMs: atMs - this.#atMs }
    this.#store.verifyRuns.spend(this.#name, spent)
    this.#rows = rows
    this.#requests = requests
    this.#atMs = atMs
  }
}
