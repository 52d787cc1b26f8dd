/**
 * `banyan verify`: compares now what the log holds with what the historian holds. Exit 3 when something differs, 4 when
 * something asked for could not be compared, or was not; 0 only when all of it is proven, explained or waived, or when a
 * sample of it reaches the bound that the configuration asks for.
 */
import type { Bridge } from '../../app/bridge.ts'
import { runVerify, type VerifyReport } from '../../app/verify.ts'
import type { VerifyOptions, VerifyProgress } from '../../app/verify-run.ts'
import type { ParityReport } from '../../report/model.ts'
import { countUnknown } from '../../report/headline.ts'
import { holdsBySample } from '../../report/sampled.ts'
import { renderParityTable } from '../../report/table.ts'
import { formatCount, plural } from '../../util/format.ts'
import { type CommandContext, withBridge } from '../context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { VerifyFlags } from '../flags.ts'
import { startProgress } from '../progress.ts'
import { verifyScopeOf } from '../scope.ts'
import { readVersion } from '../version.ts'

/** Cells named in the answer; all of them are in the report. */
const WORST_TOLD = 20
const FAILURES_TOLD = 10

export async function verify(context: CommandContext, flags: VerifyFlags): Promise<ExitCode> {
  return withBridge(context, (bridge) => {
    const options = { ...verifyScopeOf(flags, bridge.config), depth: flags.depth ?? 'log' }
    return runHere(context, bridge, options)
  })
}

async function runHere(context: CommandContext, bridge: Bridge, options: VerifyOptions): Promise<ExitCode> {
  const { output, interrupt } = context
  const progress = startProgress(output)
  try {
    const onProgress = (state: VerifyProgress): void => {
      progress.update(state.cellsTotal === 0 ? 0 : Math.min(1, state.cells / state.cellsTotal), describe(state))
    }
    const result = await runVerify(bridge, readVersion(), options, onProgress, interrupt.signal)
    progress.stop()
    return answer(context, result)
  } catch (error) {
    progress.stop()
    if (interrupt.signal.aborted) output.note('Stopped. The same command goes on where this one stopped.')
    throw error
  } finally {
    progress.stop()
  }
}

function answer({ output }: CommandContext, { report, failures, missing, logShort }: VerifyReport): ExitCode {
  output.answer({ ...modelOf(report), failures, missing, logShort }, () => renderParityTable(report))
  for (const { name, code, message } of failures.slice(0, FAILURES_TOLD)) output.note(`${name}: ${code}: ${message}`)
  if (failures.length > FAILURES_TOLD) output.note(`and ${plural(failures.length - FAILURES_TOLD, 'more tag')}`)
  if (missing.length > 0) output.note(`Listed, but unknown to the historian: ${missing.join(', ')}`)
  if (logShort > 0) {
    output.note(
      `The log does not show what was written to it in ${plural(logShort, 'window')}: find out what deleted it.`,
    )
  }
  const exit = parityExit(report)
  if (exit !== EXIT.done) output.note('Next: "banyan report --format html" shows where, and what probably happened.')
  // What the log lacks may lie where the sample does not look.
  return exit === EXIT.done && missing.length + logShort > 0 ? EXIT.incomplete : exit
}

/** What a parity report means for whoever branches on it. Nothing compared is not in parity. */
export function parityExit(report: ParityReport): ExitCode {
  const { cells, verdicts } = report.totals
  if (verdicts.mismatch > 0) return EXIT.parityNotMet
  if (cells === 0) return EXIT.incomplete
  return countUnknown(report) === 0 || holdsBySample(report) ? EXIT.done : EXIT.incomplete
}

/** The documented shape: the report in short. */
function modelOf(report: ParityReport): object {
  const { totals, classes, scope, sample, compared, inconclusive, pending, spend, doubtful } = report
  return {
    verdicts: totals.verdicts,
    cells: totals.cells,
    tags: totals.tags,
    classes,
    worst: doubtful.slice(0, WORST_TOLD).map(({ tag, name, from, until, verdict, reason, classes: found, cause }) => {
      return { tag, name, from, until, verdict, reason, classes: found, cause }
    }),
    from: scope.from,
    until: scope.until,
    policy: scope.policy,
    sample,
    compared,
    inconclusive,
    pending,
    spend,
  }
}

function describe({ phase, cells, cellsTotal, rows }: VerifyProgress): string {
  if (phase === 'catalogue') return 'reading the catalogue'
  return `${formatCount(cells)}/${formatCount(cellsTotal)} windows, ${formatCount(rows)} samples read`
}
