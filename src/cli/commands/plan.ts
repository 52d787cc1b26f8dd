/** `banyan plan`: what a backfill would copy and about what it would cost. */
import { planBackfill, type PlanReport } from '../../app/plan.ts'
import { formatTicks } from '../../domain/ticks.ts'
import { type CommandContext, withBridge } from '../context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { RangeFlags } from '../flags.ts'
import { scopeOf } from '../scope.ts'
import { formatBytes, formatCount, formatSeconds, plural } from '../../util/format.ts'
import { renderTable } from '../../util/text-table.ts'

/** More windows than a person reads; `--json` carries all. */
const SHOWN_WINDOWS = 50

export async function plan(context: CommandContext, options: RangeFlags): Promise<ExitCode> {
  const { output, interrupt } = context
  const report = await withBridge(context, (bridge) => planBackfill(bridge, scopeOf(options), interrupt.signal))
  const windows = report.windows.map(({ tag, name, from, until }) => {
    return { tag, name, from: formatTicks(from), until: formatTicks(until) }
  })
  output.answer({ ...report, windows }, () => render(report))
  if (windows.length > 0) output.note('Next: "banyan backfill" with the same flags.')
  return EXIT.done
}

function render({ windows, estimate, missing }: PlanReport): string {
  if (windows.length === 0) return 'Nothing to copy: everything asked for is in the log.'
  const shown = windows.slice(0, SHOWN_WINDOWS)
  const { samples, requests, seconds, logBytes } = estimate
  const lines = [
    renderTable(
      [{ title: 'TAG' }, { title: 'NAME' }, { title: 'FROM' }, { title: 'UNTIL' }],
      shown.map(({ tag, name, from, until }) => [tag, name, formatTicks(from), formatTicks(until)]),
    ),
  ]
  if (shown.length < windows.length) lines.push(`… and ${plural(windows.length - shown.length, 'more window')}`)
  lines.push('', `${plural(estimate.tags, 'tag')}, ${plural(windows.length, 'window')}`)
  lines.push(
    samples === undefined
      ? 'The historian does not count samples for us: no estimate.'
      : `About ${formatCount(samples)} samples, ${unknownOr(requests, formatCount)} requests, ` +
          `${unknownOr(seconds, formatSeconds)}, ${unknownOr(logBytes, formatBytes)} in the log ` +
          `(from sample days of ${plural(estimate.tagsSampled, 'tag')})`,
  )
  if (missing.length > 0) lines.push(`Listed, but unknown to the historian: ${missing.join(', ')}`)
  return lines.join('\n')
}

function unknownOr(value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? 'unknown' : format(value)
}
