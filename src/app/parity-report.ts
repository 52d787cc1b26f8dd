/**
 * Parity report: what the store knows of a scope, put into the one model every renderer draws from. Asks neither
 * historian nor log, so it can be made while either is down and while a daemon runs.
 *
 * Tags stream by one at a time; what is kept of each is its counts and its row of the heat map, and of its doubtful
 * cells as many as a report shows. That the counts add up is asserted, not assumed.
 */
import { setImmediate as letOthersRun } from 'node:timers/promises'
import { BanyanError } from '../domain/errors.ts'
import { outwards } from '../domain/cell.ts'
import type { TagId } from '../domain/tag-id.ts'
import { formatTicks, ticksFromMs, TICKS_PER_MS, type Ticks } from '../domain/ticks.ts'
import {
  addVerdicts,
  NO_VERDICTS,
  worstOf,
  type DifferenceClass,
  type InconclusiveReason,
  type PendingReason,
  type Verdict,
  type VerdictCounts,
} from '../domain/verdict.ts'
import type { Window } from '../domain/window.ts'
import { TIER_CAPABILITY } from '../report/capability.ts'
import {
  REPORT_SCHEMA_VERSION,
  type ExplainedSummary,
  type ParityReport,
  type ReportTotals,
  type Spend,
  type TagParity,
} from '../report/model.ts'
import { findContradictions } from '../report/soundness.ts'
import type { HeatColumns } from '../store/cell-states.ts'
import type { ExpectedTag, ParityScope, TagState } from '../store/parity.ts'
import type { Store } from '../store/store.ts'
import { RULE_TEXTS, rulesOf } from '../verify/explain/policy.ts'
import type { Bridge } from './bridge.ts'
import { ParityCauses } from './parity-causes.ts'
import { ParityDoubts } from './parity-doubts.ts'
import { heatScaleOf } from './parity-heat.ts'
import { limitsOf } from './parity-limits.ts'
import { ParitySample } from './parity-sample.ts'
import type { SelectedTag, Selection } from './selection.ts'
import { continuousRunName, copiedState, verifyRunName } from './verify-run.ts'
import { expectedOf, type CopiedState, type VerifyScope } from './verify-scope.ts'

/** Those whose verdicts a report shows; the others are faster and see less (docs/parity.md). */
const TIERS_USED: readonly string[] = ['digest', 'rows']

/** Read in one go; the cells of a tag with ten years of hours take some tenths of a second. */
const STEP_TAGS = 5

export interface ReportRequest {
  /** Of Banyan. */
  readonly version: string
  readonly scope: VerifyScope
  readonly selection: Selection
  /** Only what this look or a later one has seen counts as compared; undefined: whatever still stands. */
  readonly sinceLook?: number
}

/** Throws BANYAN_INTERNAL when the numbers contradict each other: such a report must not be believed. */
export function buildParityReport(bridge: Bridge, store: Store, request: ReportRequest): ParityReport {
  const builder = new ParityReportBuilder(bridge, store, request)
  while (builder.addSomeTags());
  return checked(builder.build())
}

/** As `buildParityReport`, for a process that has other things to do: it is held up for a few tags at a time only. */
export async function buildParityReportAside(
  bridge: Bridge,
  store: Store,
  request: ReportRequest,
): Promise<ParityReport> {
  const builder = new ParityReportBuilder(bridge, store, request)
  while (builder.addSomeTags()) await letOthersRun()
  return checked(builder.build())
}

function checked(report: ParityReport): ParityReport {
  const [contradiction] = findContradictions(report)
  if (contradiction !== undefined) {
    throw new BanyanError('BANYAN_INTERNAL', `the parity report contradicts itself: ${contradiction}`, {
      hint: 'This is a defect of Banyan; do not trust what is known of the parity.',
    })
  }
  return report
}

class ParityReportBuilder {
  readonly #bridge: Bridge
  readonly #store: Store
  readonly #request: ReportRequest
  readonly #width: bigint
  readonly #read: ParityScope
  /** By id. */
  readonly #named: ReadonlyMap<TagId, SelectedTag>
  readonly #expected: readonly ExpectedTag[]
  /** How many of them are added. */
  #added = 0
  readonly #span: Window
  readonly #heat: HeatColumns
  readonly #tags: TagParity[] = []
  readonly #doubts: ParityDoubts
  readonly #causes: ParityCauses
  readonly #sample: ParitySample | undefined
  readonly #classes: Partial<Record<DifferenceClass, number>> = {}
  readonly #explained = new Map<string, { cells: number; samples: number }>()
  readonly #inconclusive: Partial<Record<InconclusiveReason, number>> = {}
  readonly #pending: Partial<Record<PendingReason, number>> = {}
  readonly #repair: { tag: string; from: string; until: string }[] = []
  readonly #steps = { expected: 0, copied: 0, settled: 0, compared: 0 }
  readonly #samples = { samplesProven: 0, samplesInLog: 0 }
  #verdicts: VerdictCounts = NO_VERDICTS
  #lookedAt: { earliestMs: number; latestMs: number } | undefined

  constructor(bridge: Bridge, store: Store, request: ReportRequest) {
    this.#bridge = bridge
    this.#store = store
    this.#request = request
    this.#width = BigInt(bridge.config.parity.cellMs) * TICKS_PER_MS
    this.#doubts = new ParityDoubts(store.verdicts, this.#width)
    this.#causes = new ParityCauses(store)
    const { sample, cellMs } = bridge.config.parity
    this.#sample = sample && new ParitySample(sample, cellMs, this.#width, store)
    const { selection, scope, sinceLook } = request
    const copied = copiedState(store, bridge, selection.selected)
    this.#named = new Map(selection.selected.map((one) => [one.tag.id, one]))
    this.#expected = expectedOf(selection.selected, scope, copied)
    this.#span = spanOf(this.#expected) ?? emptySpan(scope, copied)
    this.#heat = heatScaleOf(outwards(this.#span, this.#width), this.#width)
    const rules = rulesOf(bridge.config.parity)
    this.#read = { rules, width: this.#width, ...(sinceLook === undefined ? {} : { sinceLook }) }
  }

  /** Adds the next few tags, as they are now; false when all are added. */
  addSomeTags(): boolean {
    const some = this.#expected.slice(this.#added, this.#added + STEP_TAGS)
    for (const state of this.#store.parity.read(this.#read, some)) {
      const one = this.#named.get(state.tag)
      if (one !== undefined) this.#add(state, one, state.states.heat(this.#heat))
    }
    this.#added += some.length
    return this.#added < this.#expected.length
  }

  /** Once all tags are added. */
  build(): ParityReport {
    const { selection, scope } = this.#request
    const totals = this.#totals()
    const { doubtful, leftOut } = this.#doubts.take(totals.verdicts, this.#named)
    const unexpected = selection.selected.length - this.#expected.length
    return {
      schemaVersion: REPORT_SCHEMA_VERSION,
      kind: 'parity',
      bridge: this.#bridge.config.bridge,
      version: this.#request.version,
      generatedAt: timeOf(Date.now()),
      compared: this.#lookedAt && {
        earliest: timeOf(this.#lookedAt.earliestMs),
        latest: timeOf(this.#lookedAt.latestMs),
      },
      scope: {
        workload: undefined,
        tags: scope.tags,
        from: formatTicks(this.#span.from),
        until: formatTicks(this.#span.until),
        cellSeconds: this.#bridge.config.parity.cellMs / 1_000,
        policy: this.#sample === undefined ? 'census' : 'sample',
        rules: this.#read.rules,
      },
      sample: this.#sample?.evidence(),
      totals,
      classes: this.#classes,
      causes: this.#causes.all(),
      explained: this.#explainedByRule(),
      inconclusive: this.#inconclusive,
      pending: this.#pending,
      waterfall: [
        { step: 'expected', cells: this.#steps.expected },
        { step: 'copied', cells: this.#steps.copied },
        { step: 'settled', cells: this.#steps.settled },
        { step: 'compared', cells: this.#steps.compared },
        { step: 'proven', cells: totals.verdicts.match + totals.verdicts.explained },
      ],
      spend: this.#spend(),
      tiers: TIER_CAPABILITY.filter(({ tier }) => TIERS_USED.includes(tier)),
      heat: {
        from: formatTicks(this.#heat.from),
        columnSeconds: Number(this.#heat.columnTicks / TICKS_PER_MS) / 1_000,
        columns: this.#heat.columns,
      },
      tags: this.#tags.map((tag) => ({ ...tag, cause: this.#causes.of(tag.id) })),
      doubtful,
      doubtfulLeftOut: leftOut,
      repairPlan: { schemaVersion: 1, bridge: this.#bridge.config.bridge, windows: this.#repair },
      limits: limitsOf(this.#store, { ...this.#request, verdicts: totals.verdicts, unexpected }),
    }
  }

  #add(state: TagState, { tag }: SelectedTag, heat: string): void {
    const { verdicts, classes } = state
    this.#verdicts = addVerdicts(this.#verdicts, verdicts)
    addAll(this.#classes, classes)
    addAll(this.#inconclusive, state.inconclusive)
    addAll(this.#pending, state.pending)
    for (const [rule, { cells, samples }] of state.explained) {
      const known = this.#explained.get(rule) ?? { cells: 0, samples: 0 }
      this.#explained.set(rule, { cells: known.cells + cells, samples: known.samples + samples })
    }
    this.#steps.expected += state.states.cells
    this.#steps.copied += state.copied
    this.#steps.settled += state.settled
    this.#steps.compared += state.compared
    this.#samples.samplesProven += state.samplesProven
    this.#samples.samplesInLog += state.samplesInLog
    this.#note(state.lookedAt)
    this.#causes.add(state)
    this.#doubts.add(state)
    this.#sample?.add(state)
    for (const { from, until } of state.states.runs(({ verdict }) => verdict === 'mismatch')) {
      this.#repair.push({ tag: tag.id, from: formatTicks(from), until: formatTicks(until) })
    }
    const worst = worstOf(verdicts)
    const { id, name, units, type } = tag
    this.#tags.push({ id, name, units, type, verdicts, worst, classes, cause: undefined, heat })
  }

  #note(lookedAt: TagState['lookedAt']): void {
    if (lookedAt === undefined) return
    const { earliestMs, latestMs } = lookedAt
    this.#lookedAt = {
      earliestMs: Math.min(earliestMs, this.#lookedAt?.earliestMs ?? earliestMs),
      latestMs: Math.max(latestMs, this.#lookedAt?.latestMs ?? latestMs),
    }
  }

  #totals(): ReportTotals {
    const tagsByWorst: Record<Verdict, number> = { ...NO_VERDICTS }
    for (const { worst } of this.#tags) if (worst !== undefined) tagsByWorst[worst] += 1
    return {
      tags: this.#tags.length,
      cells: this.#steps.expected,
      verdicts: this.#verdicts,
      tagsByWorst,
      ...this.#samples,
    }
  }

  #explainedByRule(): ExplainedSummary[] {
    const texts: Readonly<Record<string, string>> = RULE_TEXTS
    return [...this.#explained]
      .map(([rule, counts]) => ({ rule, text: texts[rule] ?? rule, ...counts }))
      .sort((a, b) => b.cells - a.cells)
  }

  /** Of all historians in scope; each has a ceiling of its own. */
  #spend(): Spend {
    const { historian } = this.#request.scope
    const { historians } = this.#bridge.config
    const asked = historians.filter(({ name }) => historian === undefined || name === historian)
    const runs = asked.flatMap(({ name }) => [verifyRunName(name), continuousRunName(name)])
    const spent = runs.flatMap((run) => this.#store.verifyRuns.get(run)?.spent ?? [])
    return {
      requests: spent.reduce((sum, { requests }) => sum + requests, 0),
      rows: spent.reduce((sum, { rows }) => sum + rows, 0),
      seconds: spent.reduce((sum, { busyMs }) => sum + busyMs, 0) / 1_000,
      requestsPerSecondCap: asked.reduce((sum, { primary }) => sum + primary.limits.requestsPerSecond, 0),
    }
  }
}

/** From the earliest beginning to the latest end; undefined when nothing is expected. */
function spanOf(expected: readonly ExpectedTag[]): Window | undefined {
  const [first] = expected
  if (first === undefined) return undefined
  let { from, until } = first.expected
  for (const { expected: window } of expected) {
    if (window.from < from) from = window.from
    if (window.until > until) until = window.until
  }
  return { from, until }
}

/** A report about nothing still says of which period: at least a cell. */
function emptySpan({ from, until }: VerifyScope, { now, cellWidth }: CopiedState): Window {
  const end = until ?? (from === undefined || from < now ? now : ((from + cellWidth) as Ticks))
  return { from: from ?? ((end - cellWidth) as Ticks), until: end }
}

function addAll<K extends string>(sums: Partial<Record<K, number>>, added: Readonly<Partial<Record<K, number>>>): void {
  for (const key of Object.keys(added) as K[]) sums[key] = (sums[key] ?? 0) + (added[key] ?? 0)
}

function timeOf(ms: number): string {
  return formatTicks(ticksFromMs(ms))
}
