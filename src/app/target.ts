/** Target: makes sure, before the first record, that the log can take what is coming and will keep it. */
import { BanyanError } from '../domain/errors.ts'
import type { LogPlan, SampleLog } from '../log/log.ts'

/** Creates what is missing; throws BANYAN_LOG_UNSAFE, naming everything, when the target would lose data. */
export async function prepareTarget(log: SampleLog, plan: LogPlan, signal: AbortSignal): Promise<void> {
  let findings = await log.preflight(plan, signal)
  if (findings.some((finding) => finding.missing)) {
    await log.create(signal)
    findings = await log.preflight(plan, signal)
  }
  const unsafe = findings.filter((finding) => !finding.ok)
  const first = unsafe[0]
  if (first === undefined) return
  throw new BanyanError(
    'BANYAN_LOG_UNSAFE',
    `the log would lose data: ${unsafe.map((finding) => `${finding.name}: ${finding.detail}`).join('; ')}`,
    { hint: first.hint ?? 'run `banyan check` for details', context: { findings: unsafe.length } },
  )
}
