/**
 * `banyan report`: the parity report, from the store alone: it answers while historian and log are down, and while a
 * daemon runs. Exit codes as of `banyan verify`.
 */
import type { Bridge } from '../../app/bridge.ts'
import { knownSelection } from '../../app/known-selection.ts'
import { buildParityReport } from '../../app/parity-report.ts'
import { narrow } from '../../app/selection.ts'
import { existingStore } from '../../app/status.ts'
import type { ResolvedConfig } from '../../config/config.ts'
import { BanyanError } from '../../domain/errors.ts'
import { renderDifferencesCsv, renderTagsCsv } from '../../report/csv.ts'
import { reportJson } from '../../report/json.ts'
import type { ParityReport } from '../../report/model.ts'
import { renderParityTable } from '../../report/table.ts'
import type { Store } from '../../store/store.ts'
import { type CommandContext, withBridge } from '../context.ts'
import type { ExitCode } from '../exit-code.ts'
import type { ReportFlags, ReportFormat } from '../flags.ts'
import { verifyScopeOf } from '../scope.ts'
import { readVersion } from '../version.ts'
import { ownFiles, writeAnswerFile } from '../write-file.ts'
import { parityExit } from './verify.ts'

/** Names stdout, as in other programs. */
export const STDOUT = '-'

export async function report(context: CommandContext, flags: ReportFlags): Promise<ExitCode> {
  const { output } = context
  const format = formatOf(flags, output.json)
  return withBridge(context, async (bridge) => {
    const model = await build(bridge, flags)
    const text = await render(model, format, flags)
    const file = flags.output ?? (format === 'html' ? `banyan-parity-${bridge.config.bridge}.html` : STDOUT)
    if (file !== STDOUT) output.note(`Written to ${writeAnswerFile(file, text, ownFiles(bridge.config))}`)
    else if (format === 'table') output.raw(text)
    else output.verbatim(text)
    return parityExit(model)
  })
}

/** `--json` is `--format json`, as everywhere. */
export function formatOf({ format, differences }: ReportFlags, json: boolean): ReportFormat {
  if (json && format !== undefined && format !== 'json') {
    throw new BanyanError('BANYAN_USAGE', `--json and --format ${format} contradict each other`, {
      hint: 'Leave one out.',
    })
  }
  const chosen = format ?? (json ? 'json' : 'table')
  if (differences === true && chosen !== 'csv') {
    throw new BanyanError('BANYAN_USAGE', '--differences needs --format csv', {
      hint: 'The other formats have differences and tags together.',
    })
  }
  return chosen
}

async function build(bridge: Bridge, flags: ReportFlags): Promise<ParityReport> {
  const { config } = bridge
  const scope = verifyScopeOf(flags, config)
  const store = await existingStore(bridge)
  const known = store && knownSelection(store, config.tags)
  if (store === undefined || known === undefined || known.selected.length === 0) throw nothingKnown(config, store)
  const selection = narrow(known, scope, config.tags)
  return buildParityReport(bridge, store, { version: readVersion(), scope, selection })
}

function nothingKnown({ store: file }: ResolvedConfig, store: Store | undefined): BanyanError {
  const reason = store === undefined ? 'the store does not exist' : 'the store knows none of the configured tags'
  return new BanyanError('BANYAN_USAGE', `there is nothing to report yet: ${reason}`, {
    hint: 'Copy something with "banyan backfill" or "banyan sync", then compare it with "banyan verify".',
    context: { store: file },
  })
}

async function render(model: ParityReport, format: ReportFormat, flags: ReportFlags): Promise<string> {
  switch (format) {
    case 'table':
      return `${renderParityTable(model)}\n`
    case 'csv':
      return csvOf(model, flags)
    case 'json':
      return `${reportJson(model)}\n`
    case 'plan':
      return `${reportJson(model.repairPlan)}\n`
    case 'html':
      return (await import('../../report/html/parity-page.ts')).renderParityPage(model)
  }
}

function csvOf(model: ParityReport, { differences }: ReportFlags): string {
  return differences === true ? renderDifferencesCsv(model) : renderTagsCsv(model)
}
