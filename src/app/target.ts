/** Target: makes sure, before the first record, that the log can take what is coming and will keep it. */
import { BanyanError } from '../domain/errors.ts'
import { CUTOVER_TOPICS_FINDING, type LogFinding, type LogPlan, type SampleLog } from '../log/log.ts'
import type { Store } from '../store/store.ts'
import { sleep } from '../util/abort.ts'

/**
 * A broker that has just started may not know its topics yet: what was there is called gone only when so many looks in
 * a row have missed it.
 */
export const LOOKS_UNTIL_GONE = 3
const LOOK_AGAIN_MS = 5_000

/**
 * Creates what is missing; throws BANYAN_LOG_UNSAFE, naming everything, when the target would lose data, or when a log
 * is missing that the store has seen: made anew, it would be an empty one in silence. What exists is judged before
 * anything is created: topics made for a wrong configuration could not be mended by mending it.
 */
export async function prepareTarget(log: SampleLog, store: Store, plan: LogPlan, signal: AbortSignal): Promise<void> {
  const wasThere = (finding: LogFinding): boolean => hasBeenThere(finding, store)
  const { missing, gone } = await lookForMissing(log, plan, { wasThere, judge: refuseUnsafe }, signal)
  if (gone !== undefined) throw logGone(gone)
  if (missing.length === 0) return
  await log.create(signal)
  refuseUnsafe(await log.preflight(plan, signal))
}

/** For who only reads a log the store has seen: throws BANYAN_LOG_UNSAFE when it is missing, whatever else is wrong. */
export async function refuseGone(log: SampleLog, plan: LogPlan, signal: AbortSignal): Promise<void> {
  const wasThere = ({ name }: LogFinding): boolean => name !== CUTOVER_TOPICS_FINDING
  const { gone } = await lookForMissing(log, plan, { wasThere, judge: () => undefined }, signal)
  if (gone !== undefined) throw logGone(gone)
}

interface Look {
  /** Whether what a finding misses was there once. */
  readonly wasThere: (finding: LogFinding) => boolean
  /** Throws for what is there and unfit. */
  readonly judge: (present: readonly LogFinding[]) => void
}

async function lookForMissing(
  log: SampleLog,
  plan: LogPlan,
  { wasThere, judge }: Look,
  signal: AbortSignal,
): Promise<{ missing: readonly LogFinding[]; gone: LogFinding | undefined }> {
  for (let looks = log.kind === 'kafka' ? LOOKS_UNTIL_GONE : 1; ; looks -= 1) {
    const findings = await log.preflight(plan, signal)
    judge(findings.filter((finding) => finding.missing !== true))
    const missing = findings.filter((finding) => finding.missing === true)
    const gone = missing.find(wasThere)
    if (gone === undefined || looks <= 1) return { missing, gone }
    await sleep(LOOK_AGAIN_MS, signal)
  }
}

/**
 * Whether what a finding misses was there once, as far as the store knows. A log of an earlier version never had the
 * topics of cutover; one that events were published to did.
 */
export function hasBeenThere({ name }: LogFinding, store: Store): boolean {
  return name === CUTOVER_TOPICS_FINDING ? store.cutoverEvents.hasPublished() : hasSeenLog(store)
}

/** Whether the store knows of anything in the log, be it from the checkpoints or from the records. */
export function hasSeenLog({ cells, coverage }: Pick<Store, 'cells' | 'coverage'>): boolean {
  return coverage.samples().size > 0 || cells.foldedSamples().size > 0
}

/** Of what to do when a log that was there is missing. */
export const LOG_GONE_HINT =
  'Find out what deleted it, or whether the configuration names another one by mistake. To begin a new log on purpose: `banyan check --create-topics`, then `banyan store rebuild`, or a new store.'

function logGone({ name, detail }: LogFinding): BanyanError {
  return new BanyanError('BANYAN_LOG_UNSAFE', `the log the store was filled from is gone: ${name}: ${detail}`, {
    hint: LOG_GONE_HINT,
    context: { finding: name },
  })
}

function refuseUnsafe(findings: readonly LogFinding[]): void {
  const unsafe = findings.filter((finding) => !finding.ok)
  const first = unsafe[0]
  if (first === undefined) return
  throw new BanyanError(
    'BANYAN_LOG_UNSAFE',
    `the log is not safe to write to: ${unsafe.map((finding) => `${finding.name}: ${finding.detail}`).join('; ')}`,
    { hint: first.hint ?? 'run `banyan check` for details', context: { findings: unsafe.length } },
  )
}
