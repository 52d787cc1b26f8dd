/**
 * Verifier service: compares one historian with the log again and again for as long as the daemon runs. Pass by pass it
 * surveys what is known, plans what needs to be compared within a budget of samples, compares that, audits a little of
 * the log, and asks for a few of the historian's own summaries.
 *
 * Nothing has to be remembered between passes: what was found is in the store, and the next survey plans by it. A pass
 * that is cut off has recorded what it saw.
 *
 * It asks in its own lane, above backfill, and must not starve it: it rests at least four times as long as a pass took,
 * so it has a fifth of the time at most. What was compared before, and nothing speaks against, is compared again every
 * ten minutes only, the oldest first; so is what a sample did not draw, a little of it and at random.
 */
import type { Bridge } from '../app/bridge.ts'
import type { GovernedSource } from '../app/historian-connections.ts'
import type { LogSession } from '../app/log-session.ts'
import { beginSample } from '../app/parity-sample.ts'
import { continuousRunName, knownOf } from '../app/verify-run.ts'
import type { TagId } from '../domain/tag-id.ts'
import { TICKS_PER_MS, type Ticks } from '../domain/ticks.ts'
import type { VerdictCounts } from '../domain/verdict.ts'
import type { SampleLog } from '../log/log.ts'
import type { Store } from '../store/store.ts'
import type { LiveParity, LiveVerified } from '../telemetry/live-status.ts'
import type { Logger } from '../telemetry/logger.ts'
import { sleep } from '../util/abort.ts'
import { rulesOf } from '../verify/explain/policy.ts'
import { planByNeed, type PlannedTag, type TagNeed } from '../verify/planner.ts'
import { verify, type VerifyOutcome, type VerifyParts } from '../verify/verify.ts'
import type { CurrentTags } from './current-tags.ts'
import type { KeepGoing } from './keep-going.ts'
import { MismatchWatch, REPAIR_GRACE_MS } from './mismatch-watch.ts'
import { surveyParity, type Survey } from './parity-survey.ts'
import { RestingTags } from './resting-tags.ts'
import { RollingAudit } from './rolling-audit.ts'
import { SummaryRound } from './summary-round.ts'

/** Of a pass: about ten pages, so that a pass is over in seconds and the next one knows what happened meanwhile. */
const PASS_ROWS = 100_000
/** What a cell costs at least, in samples: one that is empty has to be asked for and compared all the same. */
const LEAST_ROWS_PER_CELL = 0.2
/** Between two passes: a survey costs the historian nothing. */
const LOOK_EVERY_MS = 30_000
/** Between two passes that also compare what was compared before. */
const AGAIN_EVERY_MS = 10 * 60_000
/** Rest per time spent. */
const REST_FACTOR = 4
/** A pass may have waited a night for quiet hours to end; that was no work. */
const LONGEST_REST_MS = 15 * 60_000
/** Named one by one in the log, at most; the status counts them all. */
const TOLD_TAGS = 20

export interface VerifierServiceParts {
  readonly bridge: Bridge
  /** The historian, in the verifier's lane. */
  readonly source: GovernedSource
  readonly store: Store
  readonly log: SampleLog
  readonly session: LogSession
  readonly tags: CurrentTags
  readonly logger: Logger
  /** By the historian's clock as the tail believes it, exclusive; undefined before its first round. */
  readonly settledNow: () => Ticks | undefined
  /** Milliseconds, monotonic. */
  readonly clock: () => number
}

export class VerifierService {
  readonly #parts: VerifierServiceParts
  readonly #mismatches: MismatchWatch
  readonly #audit: RollingAudit
  readonly #summaries: SummaryRound
  readonly #cellWidth: bigint
  readonly #rules: string
  readonly #resting: RestingTags
  /** When to compare again what was compared before. */
  #againDueMs = -Infinity
  #parity: LiveParity | undefined
  #cells: ReadonlyMap<TagId, VerdictCounts> = new Map()
  #passes = 0
  #verified = { cells: 0, samples: 0, auditedCells: 0, shortCells: 0 }

  constructor(parts: VerifierServiceParts) {
    const { bridge, store, log, tags, clock } = parts
    const { parity, sync } = bridge.config
    this.#parts = parts
    beginSample(store, parity)
    this.#cellWidth = BigInt(parity.cellMs) * TICKS_PER_MS
    this.#rules = rulesOf(parity)
    this.#mismatches = new MismatchWatch(sync.repair === 'auto' ? REPAIR_GRACE_MS : 0)
    this.#resting = new RestingTags(clock)
    this.#audit = new RollingAudit({
      store,
      log,
      tags,
      cellWidth: this.#cellWidth,
      rules: this.#rules,
      random: Math.random,
      clock,
    })
    this.#summaries = new SummaryRound({ source: parts.source.source, store, tags, cellWidth: this.#cellWidth, clock })
  }

  /** As of the last survey; undefined before the first. */
  get parity(): LiveParity | undefined {
    return this.#parity
  }

  /** Of each tag of which something is expected, as of the last survey; empty before the first. */
  get cells(): ReadonlyMap<TagId, VerdictCounts> {
    return this.#cells
  }

  /** Passes that went through to their end. */
  get passes(): number {
    return this.#passes
  }

  get verified(): LiveVerified {
    const { cells: summarisedCells, changed: summaryNotices } = this.#summaries.noticed
    const requests = this.#parts.source.governor.requestsOf('verify')
    return { ...this.#verified, requests, summarisedCells, summaryNotices }
  }

  /** Until the signal aborts. */
  async run(keepGoing: KeepGoing, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts
    let restMs = LOOK_EVERY_MS
    for (;;) {
      await sleep(restMs, signal)
      restMs = LOOK_EVERY_MS
      await keepGoing.attempt(async () => {
        const startedMs = clock()
        await this.pass(signal)
        restMs = Math.max(LOOK_EVERY_MS, Math.min(REST_FACTOR * (clock() - startedMs), LONGEST_REST_MS))
      }, signal)
    }
  }

  async pass(signal: AbortSignal): Promise<void> {
    const settled = this.#parts.settledNow()
    // Before the first round of the tail it is not known what is settled, nor whether this is the right historian.
    if (settled === undefined) return
    const survey = await this.#survey(signal)
    const needs = this.#needs(survey)
    const planned = planByNeed(needs, { rowBudget: PASS_ROWS, cellWidth: this.#cellWidth, random: Math.random })
    if (planned.length > 0) {
      const outcome = await this.#spending(() => this.#compare(planned, { survey, settled }, signal))
      if (!outcome.isPartial) this.#resting.compared(planned, needs)
      for (const { tag } of outcome.failures) this.#resting.add(tag)
      this.#tellFailures(outcome)
      await this.#survey(signal)
    }
    const { cells, short } = await this.#audit.turnIfDue(signal)
    const { auditedCells, shortCells } = this.#verified
    this.#verified = { ...this.#verified, auditedCells: auditedCells + cells, shortCells: shortCells + short }
    await this.#spending(() => this.#summaries.turnIfDue(survey.needs, signal))
    this.#passes += 1
  }

  /** Of what the survey shows, what is to be compared now. */
  #needs({ needs }: Survey): TagNeed[] {
    const { tags, clock } = this.#parts
    this.#resting.judge(needs)
    const isAgainDue = clock() >= this.#againDueMs
    if (isAgainDue) this.#againDueMs = clock() + AGAIN_EVERY_MS
    return needs
      .filter(({ tag }) => tags.get(tag) !== undefined && !this.#resting.has(tag))
      .map((need) => ({
        ...need,
        checked: isAgainDue ? need.checked : [],
        undrawn: isAgainDue ? need.undrawn : [],
        rowsPerCell: Math.max(need.rowsPerCell, LEAST_ROWS_PER_CELL),
      }))
  }

  async #survey(signal: AbortSignal): Promise<Survey> {
    const { bridge, store, source } = this.#parts
    const survey = await surveyParity({ bridge, store, historian: source.config.name }, signal)
    this.#parity = survey.parity
    this.#cells = survey.cells
    this.#tellMismatches(survey)
    return survey
  }

  async #compare(
    planned: readonly PlannedTag[],
    { survey, settled }: { readonly survey: Survey; readonly settled: Ticks },
    signal: AbortSignal,
  ): Promise<VerifyOutcome> {
    const tags = planned.flatMap(({ tag, windows }) => {
      const window = survey.expected.get(tag)
      return window === undefined ? [] : { tag, expected: window, windows }
    })
    await this.#summaries.before(planned, signal)
    // What a plan takes for a cell's samples is an average.
    return verify({ tags, depth: 'projection', rowBudget: 2 * PASS_ROWS }, this.#verifyParts(settled), signal)
  }

  /** Puts down what the body asks of the historian, also where it rejects. */
  async #spending<T>(body: () => Promise<T>): Promise<T> {
    const { store, source, clock } = this.#parts
    const before = this.#verified
    const requestsBefore = source.governor.requestsOf('verify')
    const startedMs = clock()
    const name = continuousRunName(source.config.name)
    store.verifyRuns.begin(name, { rules: this.#rules })
    try {
      return await body()
    } finally {
      store.verifyRuns.spend(name, {
        rows: this.#verified.samples - before.samples,
        requests: source.governor.requestsOf('verify') - requestsBefore,
        busyMs: clock() - startedMs,
      })
    }
  }

  /** `settled`: when the pass began. */
  #verifyParts(settled: Ticks): VerifyParts {
    const { bridge, source, store, log, session, tags, settledNow } = this.#parts
    const { pageSize } = source.config.primary
    const before = this.#verified
    return {
      source: source.source,
      pageSize,
      log,
      store,
      progressOf: (tag) => session.appender.progressOf(tag),
      tagOf: (tag) => tags.get(tag),
      cellWidth: this.#cellWidth,
      project: async (projecting) => {
        await session.project(() => undefined, projecting)
      },
      settled: () => settledNow() ?? settled,
      rules: this.#rules,
      policy: bridge.config.parity,
      knowledgeOf: (tag) => knownOf(store, tag),
      pageSizes: [pageSize],
      onOutcome: ({ cells, rows }) => {
        this.#verified = { ...this.#verified, cells: before.cells + cells, samples: before.samples + rows }
      },
    }
  }

  #tellMismatches({ mismatched, needs }: Survey): void {
    const { logger, clock } = this.#parts
    const doubtful = needs.filter((need) => need.doubtful.length > 0).map(({ tag }) => tag)
    const toTell = this.#mismatches.toTell(mismatched, new Set(doubtful), clock())
    for (const { tag, name, cells } of toTell.slice(0, TOLD_TAGS)) {
      logger.warn({ tag, name, cells }, 'log and historian differ; "banyan report" shows where and how')
    }
    if (toTell.length > TOLD_TAGS) logger.warn({ tags: toTell.length - TOLD_TAGS }, 'and so do further tags')
  }

  /** The tail and the sweeps warn of tags that cannot be read. */
  #tellFailures({ failures }: VerifyOutcome): void {
    const [first] = failures
    if (first === undefined) return
    const fields = { tagsFailed: failures.length, firstTag: first.tag, code: first.code, error: first.message }
    this.#parts.logger.info(fields, 'some tags could not be compared; nothing is known of those parts')
  }
}
