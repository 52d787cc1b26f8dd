/**
 * `banyan report cutover`: how far every workload has moved, what stands before its next step, and who decided what. The
 * gates are asked for it, which reads every cell; a historian that does not answer is part of what they say.
 */
import { buildCutoverReport } from '../../app/cutover/report.ts'
import type { Assessment } from '../../app/cutover/outcome.ts'
import { BanyanError } from '../../domain/errors.ts'
import { renderMovesCsv } from '../../report/cutover-csv.ts'
import type { CutoverReport } from '../../report/cutover-model.ts'
import { reportJson } from '../../report/json.ts'
import { renderCutoverTable } from '../../report/cutover-table.ts'
import type { CommandContext } from '../context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { ReportFlags } from '../flags.ts'
import { readVersion } from '../version.ts'
import { withDesk } from '../with-desk.ts'
import { ownFiles, writeAnswerFile } from '../write-file.ts'
import { formatOf, STDOUT } from './report.ts'

const FORMATS = ['table', 'json', 'csv', 'html'] as const
type Format = (typeof FORMATS)[number]

export async function reportCutover(context: CommandContext, flags: ReportFlags): Promise<ExitCode> {
  const { output, interrupt } = context
  const format = cutoverFormat(flags, output.json)
  return withDesk(context, async (desk, { config }) => {
    const assessments = new Map<string, Assessment>()
    for (const { workload } of desk.standings()) {
      assessments.set(workload, await desk.assess(workload, interrupt.signal))
    }
    const options = { bridge: config.bridge, version: readVersion(), nowMs: Date.now(), assessments }
    const report = buildCutoverReport(desk, options)
    const file = flags.output ?? (format === 'html' ? `banyan-cutover-${config.bridge}.html` : STDOUT)
    if (file !== STDOUT) {
      output.note(`Written to ${writeAnswerFile(file, await render(report, format), ownFiles(config))}`)
    } else if (format === 'table') output.answer(report, () => renderCutoverTable(report))
    else output.verbatim(await render(report, format))
    return EXIT.done
  })
}

/** The flags are those of the parity report; what they select there is no part of this one. */
function cutoverFormat(flags: ReportFlags, json: boolean): Format {
  const { tag, historian, from, until } = flags
  if ([tag, historian, from, until].some((flag) => flag !== undefined)) {
    throw new BanyanError('BANYAN_USAGE', '--tag, --historian, --from and --until do not go with a report of cutover', {
      hint: 'Leave them out: it is about all workloads and all that was decided.',
    })
  }
  const asked = formatOf(flags, json)
  const format = FORMATS.find((one) => one === asked)
  if (format !== undefined && flags.differences !== true) return format
  throw new BanyanError('BANYAN_USAGE', 'a report of cutover has no repair plan and no differences', {
    hint: 'Ask for "banyan report parity", or for table, json, csv or html.',
  })
}

async function render(report: CutoverReport, format: Format): Promise<string> {
  switch (format) {
    case 'table':
      return `${renderCutoverTable(report)}\n`
    case 'csv':
      return renderMovesCsv(report)
    case 'json':
      return `${reportJson(report)}\n`
    case 'html':
      return (await import('../../report/html/cutover-page.ts')).renderCutoverPage(report)
  }
}
