/** Target: makes sure, before the first record, that the log can take what is coming and will keep it. */
import { BanyanError } from '../domain/errors.ts'
import type { LogFinding, LogPlan, SampleLog } from '../log/log.ts'

/**
 * Creates what is missing; throws BANYAN_LOG_UNSAFE, naming everything, when the target would lose data. What exists
 * is judged before anything is created: topics made for a wrong configuration could not be mended by mending it.
 */
export async function prepareTarget(log: SampleLog, plan: LogPlan, signal: AbortSignal): Promise<void> {
  const findings = await log.preflight(plan, signal)
  refuseUnsafe(findings.filter((finding) => finding.missing !== true))
  if (findings.every((finding) => finding.missing !== true)) return
  await log.create(signal)
  refuseUnsafe(await log.preflight(plan, signal))
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
