/**
 * `banyan demo`: the whole story in a minute, on a simulated historian and the embedded log: copy, read back, compare
 * with what the simulator knows it has. The folder is kept, so that one may look around.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BackfillReport } from '../../app/backfill-job.ts'
import { runBackfill } from '../../app/backfill.ts'
import type { Bridge } from '../../app/bridge.ts'
import { createSimulator, type Simulator } from '../../simulator/simulator.ts'
import { type ArchiveComparison, compareWithArchive } from '../archive-comparison.ts'
import { type CommandContext, withBridge } from '../context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { startProgress } from '../progress.ts'
import { formatCount, formatSeconds, plural, renderTable } from '../table.ts'
import { describeProgress } from './backfill.ts'

const HISTORIAN = 'pi-demo'
/** Past the settle time, so that the newest samples are copied too. */
const CLOCK_ADVANCE_MS = 60_000

interface DemoReport extends ArchiveComparison {
  readonly folder: string
  readonly config: string
  readonly backfill: BackfillReport
  /** Requests to the historian that were not reads. */
  readonly writes: number
}

export async function demo(context: CommandContext): Promise<ExitCode> {
  const { output } = context
  const simulator = createSimulator({ scenario: 'demo' })
  simulator.historian.clock.advance(CLOCK_ADVANCE_MS)
  const { url } = await simulator.listen()
  try {
    const folder = mkdtempSync(join(tmpdir(), 'banyan-demo-'))
    const config = join(folder, 'banyan.yaml')
    writeFileSync(config, configFor(url, simulator.historian.primary.name))
    output.note(`Simulated historian at ${url}\nConfiguration, store and log in ${folder}`)
    const inFolder = { ...context, configSource: { file: config, environment: {}, workingDirectory: folder } }
    const report = await withBridge(inFolder, (bridge) => run(context, bridge, simulator, { folder, config }))
    output.answer({ report }, () => render(report))
    const { missing, extra } = report.parity
    return missing === 0 && extra === 0 && report.writes === 0 && report.backfill.failures.length === 0
      ? EXIT.done
      : EXIT.parityNotMet
  } finally {
    await simulator.close()
  }
}

async function run(
  { output, interrupt }: CommandContext,
  bridge: Bridge,
  simulator: Simulator,
  place: { readonly folder: string; readonly config: string },
): Promise<DemoReport> {
  const progress = startProgress(output)
  try {
    const everything = { tags: [], from: undefined, until: undefined, order: undefined, job: undefined }
    const backfill = await runBackfill(
      bridge,
      everything,
      (state) => {
        progress.update(state.fraction, describeProgress(state))
      },
      interrupt.signal,
    )
    progress.stop()
    output.note('Reading the log back and comparing it with the archive, sample by sample …')
    return {
      ...place,
      backfill,
      ...(await compareWithArchive(bridge, simulator, HISTORIAN, interrupt.signal)),
      writes: simulator.counters().writes,
    }
  } finally {
    progress.stop()
  }
}

function configFor(url: string, dataServer: string): string {
  return `# Written by "banyan demo". The simulated historian it names ended with the demo.
bridge: demo
store: ./banyan.db
historians:
  ${HISTORIAN}:
    piWebApi: { url: "${url}", dataServer: "${dataServer}", auth: { type: none } }
tags:
  - { historian: ${HISTORIAN}, include: ["*"], backfill: { from: 2000-01-01 } }
log:
  embedded: { file: ./banyan-log.db }
`
}

function render(report: DemoReport): string {
  const { backfill, parity } = report
  const types = Object.entries(report.types).toSorted(([, a], [, b]) => b - a)
  // Under npm the command is on nobody's path yet.
  const banyan = process.env['npm_lifecycle_event'] === undefined ? 'banyan' : 'npx banyan'
  const look = (command: string, shows: string): string => `  # ${shows}\n  ${banyan} ${command} -c ${report.config}`
  return [
    `Copied ${formatCount(backfill.samples)} samples of ${plural(backfill.tags.done, 'tag')} in ` +
      `${formatSeconds(backfill.seconds)} with ${formatCount(backfill.requests)} requests, ${report.writes} of them writes.`,
    '',
    renderTable(
      [{ title: 'TYPE' }, { title: 'SAMPLES', align: 'right' }],
      types.map(([type, count]) => [type, count]),
    ),
    '',
    `Archive ${formatCount(report.archiveSamples)}, log ${formatCount(report.logSamples)}: ` +
      `${formatCount(parity.missing)} missing, ${formatCount(parity.extra)} extra`,
    '',
    'Where to look next:',
    look('status', 'coverage, jobs, lease'),
    look('log read --records', 'every record, with partition and offset'),
    look('config print', 'the configuration it ran with, every default spelled out'),
    look('store rebuild', 'drops the projection and folds it again from the log'),
    `  # the same historian, kept running, for a configuration of your own`,
    `  ${banyan} simulate`,
  ].join('\n')
}
