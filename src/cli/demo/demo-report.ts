/** What `banyan demo` answers: its scenes, and how log and archive compare at the end. */
import type { BackfillReport } from '../../app/backfill-job.ts'
import { renderChecklist } from '../../report/cutover-table.ts'
import { formatTime } from '../../report/phrases.ts'
import { formatCount, plural } from '../../util/format.ts'
import { renderTable } from '../../util/text-table.ts'
import type { ArchiveComparison } from '../archive-comparison.ts'
import { GATES, WORKLOAD } from './demo-config.ts'
import type { Scene } from './scene.ts'

export interface DemoReport extends ArchiveComparison {
  readonly folder: string
  readonly config: string
  readonly backfill: BackfillReport
  readonly scenes: readonly Scene[]
  /** By the simulated historian's clock, which is moved on where the story waits. */
  readonly clock: { readonly from: string; readonly until: string }
  /** Requests to the historian that were not reads. */
  readonly writes: number
}

export function renderDemo(report: DemoReport): string {
  const { scenes, clock, parity, writes } = report
  const types = Object.entries(report.types).toSorted(([, a], [, b]) => b - a)
  const refusal = scenes.find(({ scene }) => scene === 'refuse')?.checklist
  return [
    renderTable(
      [{ title: 'SCENE' }, { title: 'ASKED' }, { title: 'ANSWERED' }, { title: 'NUMBERS' }],
      scenes.map(({ scene, asked, answered, numbers }) => [scene, asked, answered, numbersText(numbers)]),
    ),
    ...scenes.filter(({ asTold }) => !asTold).map(({ scene }) => `\nNot as told: ${scene}. The story ends here.`),
    ...(refusal === undefined ? [] : ['', 'Why the first consumers did not move:', renderChecklist(refusal)]),
    '',
    `The time is the simulated plant's: ${formatTime(clock.from)} to ${formatTime(clock.until)}, moved on where the story`,
    `waits. ${WORKLOAD} is of class C with ${GATES};`,
    'class C by itself waits for a day of green and asks for nobody’s approval.',
    '',
    renderTable(
      [{ title: 'TYPE' }, { title: 'SAMPLES', align: 'right' }],
      types.map(([type, count]) => [type, count]),
    ),
    '',
    `Archive ${formatCount(report.archiveSamples)}, log ${formatCount(report.logSamples)}: ` +
      `${formatCount(parity.missing)} missing, ${formatCount(parity.extra)} extra; ${plural(writes, 'write')} to the historian`,
    '',
    ...whereToLook(report),
  ].join('\n')
}

function whereToLook({ config }: DemoReport): string[] {
  // Under npm the command is on nobody's path yet.
  const banyan = process.env['npm_lifecycle_event'] === undefined ? 'banyan' : 'npx banyan'
  const look = (command: string, shows: string): string => `  # ${shows}\n  ${banyan} ${command} -c ${config}`
  return [
    'Where to look next:',
    look(`cutover history ${WORKLOAD}`, 'what was decided, by whom and why'),
    look('report cutover --format html -o cutover.html', 'the same as a page'),
    look('status', 'coverage, jobs, lease'),
    look('log read --records', 'every record, with partition and offset'),
    look('config print', 'the configuration it ran with, every default spelled out'),
    look('store rebuild', 'drops the projection and folds it again from the log'),
    `  # the same historian, kept running, for a configuration of your own`,
    `  ${banyan} simulate`,
  ]
}

function numbersText(numbers: Scene['numbers']): string {
  return Object.entries(numbers)
    .map(([name, value]) => `${name} ${formatCount(Math.round(value))}`)
    .join(', ')
}
