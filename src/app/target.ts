/** Target: makes sure, before the first record, that the log can take what is coming and will keep it. */
import { BanyanError } from '../domain/errors.ts'
import type { LogFinding, LogPlan, SampleLog } from '../log/log.ts'
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
  const hasBeenThere = hasSeenLog(store)
  let looks = hasBeenThere && log.kind === 'kafka' ? LOOKS_UNTIL_GONE : 1
  let missing: LogFinding | undefined
  for (;;) {
    const findings = await log.preflight(plan, signal)
    refuseUnsafe(findings.filter((finding) => finding.missing !== true))
    missing = findings.find((finding) => finding.missing === true)
    if (missing === undefined) return
    looks -= 1
    if (looks === 0) break
    await sleep(LOOK_AGAIN_MS, signal)
  }
  if (hasBeenThere) throw logGone(missing)
  await log.create(signal)
  refuseUnsafe(await log.preflight(plan, signal))
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
