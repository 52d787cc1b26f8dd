/**
 * `banyan repair`: replays the windows of a plan through the normal path, compares them again, and says what they are
 * now. Exit codes as of `banyan verify`, for these windows.
 */
import { runRepair } from '../../app/repair.ts'
import { readRepairPlan, type RepairWindows } from '../../app/repair-plan.ts'
import type { RepairReport } from '../../app/repair-run.ts'
import { formatTicks } from '../../domain/ticks.ts'
import { NO_VERDICTS, VERDICTS } from '../../domain/verdict.ts'
import { VERDICT_WORDS } from '../../report/words.ts'
import { plural } from '../../util/format.ts'
import { renderTable } from '../../util/text-table.ts'
import { type CommandContext, withBridge } from '../context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { RepairFlags } from '../flags.ts'
import { startProgress } from '../progress.ts'

/** Shown of a plan; the file has all of them. */
const WINDOWS_SHOWN = 50
const FAILURES_TOLD = 10

const PHASES = ['fold', 'catalogue', 'replay', 'compare'] as const
const PHASE_TEXT = {
  fold: 'reading the log',
  catalogue: 'reading the catalogue',
  replay: 'replaying the windows',
  compare: 'comparing them again',
} as const satisfies Record<(typeof PHASES)[number], string>

export async function repair(context: CommandContext, flags: RepairFlags): Promise<ExitCode> {
  const { output, interrupt } = context
  return withBridge(context, async (bridge) => {
    const windows = readRepairPlan(flags.plan, bridge.config.bridge)
    if (flags.dryRun === true) return describePlan(context, windows)
    if (windows.size === 0) return nothingToDo(context)
    const progress = startProgress(output)
    try {
      const report = await runRepair(
        bridge,
        { windows, acceptDeletions: flags.acceptDeletions === true },
        (phase) => {
          progress.update(PHASES.indexOf(phase) / PHASES.length, PHASE_TEXT[phase])
        },
        interrupt.signal,
      )
      progress.stop()
      return answer(context, report)
    } finally {
      progress.stop()
    }
  })
}

/** The plan of a report without a mismatch. */
function nothingToDo({ output }: CommandContext): ExitCode {
  const report: RepairReport = {
    windows: 0,
    samples: 0,
    revisions: { late: 0, edited: 0, deleted: 0 },
    restored: 0,
    repeated: 0,
    verdicts: NO_VERDICTS,
    failures: [],
  }
  output.answer(report, () => 'The plan names no window: there is nothing to repair.')
  return EXIT.done
}

function describePlan({ output }: CommandContext, plan: RepairWindows): ExitCode {
  const all = [...plan].flatMap(([tag, windows]) => windows.map(({ from, until }) => ({ tag, from, until })))
  const rows = all.map(({ tag, from, until }) => ({ tag, from: formatTicks(from), until: formatTicks(until) }))
  const none = { late: 0, edited: 0, deleted: 0 }
  output.answer({ windows: rows.length, samples: 0, revisions: none, dryRun: true, plan: rows }, () =>
    renderTable(
      [{ title: 'TAG' }, { title: 'FROM' }, { title: 'UNTIL' }],
      rows.slice(0, WINDOWS_SHOWN).map(({ tag, from, until }) => [tag, from, until]),
    ),
  )
  if (rows.length > WINDOWS_SHOWN) output.note(`and ${plural(rows.length - WINDOWS_SHOWN, 'more window')}`)
  output.note('Nothing was done: --dry-run.')
  return EXIT.done
}

function answer({ output }: CommandContext, report: RepairReport): ExitCode {
  const { windows, samples, revisions, restored, repeated, verdicts, failures } = report
  output.answer(report, () =>
    renderTable(
      [{ title: 'REPAIR' }, { title: '', align: 'right' }],
      [
        ['windows', windows],
        ['samples copied for the first time', samples],
        ['late samples', revisions.late],
        ['of these, lost from the log and restored', restored],
        ['edited samples', revisions.edited],
        ['deleted samples', revisions.deleted],
        ['of these and the edited, written more than once', repeated],
        ...VERDICTS.map((verdict) => [`cells now: ${VERDICT_WORDS[verdict].label.toLowerCase()}`, verdicts[verdict]]),
      ],
    ),
  )
  for (const { name, code, message, hint } of failures.slice(0, FAILURES_TOLD)) {
    output.note([`${name}: ${code}: ${message}`, ...(hint === undefined ? [] : [`  ${hint}`])].join('\n'))
  }
  if (failures.length > FAILURES_TOLD) output.note(`and ${plural(failures.length - FAILURES_TOLD, 'more tag')}`)
  if (verdicts.mismatch > 0) return EXIT.parityNotMet
  return failures.length + verdicts.inconclusive + verdicts.pending > 0 ? EXIT.incomplete : EXIT.done
}
