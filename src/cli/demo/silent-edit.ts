/** Act two: everything is green, one value is edited where nobody looks, and the move is refused; then it is repaired. */
import { parseTicks } from '../../domain/ticks.ts'
import { formatTime } from '../../report/phrases.ts'
import { plural } from '../../util/format.ts'
import { checklistOf } from '../decision-answer.ts'
import { OPERATOR, WORKLOAD } from './demo-config.ts'
import type { DemoSite } from './demo-site.ts'
import { answerOf, differing, isRefusedBy, type DifferingCell, type Scene } from './scene.ts'

const EDITED = 'TIC102.PV'
const DAYS_BACK = 60n

export async function* refused(site: DemoSite): AsyncGenerator<Scene> {
  const { desk, signal } = site
  const by = { actor: OPERATOR }
  const shadowing = await desk.advance(WORKLOAD, by, signal)
  const drill = await desk.drill(WORKLOAD, by, signal)
  const ms = drill.kind === 'decided' ? drill.seconds * 1_000 : 0
  yield {
    scene: 'rehearse',
    asked: `${OPERATOR}: begin shadowing, rehearse the way back`,
    answered: answerOf(shadowing.kind === 'decided' ? drill : shadowing),
    detail: `Consumers may read both sides. The routing was published and read back in ${Math.round(ms)} ms.`,
    asTold: shadowing.kind === 'decided' && drill.kind === 'decided',
    numbers: { ms },
    checklist: checklistOf(shadowing.assessment),
  }

  const at = site.plant.editSilently(EDITED, DAYS_BACK)
  const { sweptCells, revisions } = await site.sync()
  yield {
    scene: 'edit',
    asked: `One value of ${EDITED} is edited, ${DAYS_BACK} days back`,
    answered: revisions.edited === 0 ? 'unnoticed' : 'noticed',
    detail: `The edit leaves no mark. The sweep of the newest ${plural(sweptCells, 'window')} corrects ${plural(revisions.edited, 'sample')}.`,
    asTold: sweptCells > 0 && revisions.edited === 0,
    numbers: { windows: sweptCells, corrected: revisions.edited },
  }

  const { outcome, report } = await site.step(OPERATOR)
  const cells = report === undefined ? [] : differing(report)
  const mismatches = report?.totals.verdicts.mismatch ?? 0
  yield {
    scene: 'refuse',
    asked: `${OPERATOR}: the first consumers to the log`,
    answered: answerOf(outcome),
    detail: `Green for an hour, and not equal: ${cells.map(cellText).join('; ')}.`,
    asTold:
      isRefusedBy(outcome, 'as-of', 'mismatches') && mismatches === 1 && cells.every((cell) => isEdited(cell, at)),
    numbers: { windows: report?.totals.cells ?? 0, mismatches },
    checklist: checklistOf(outcome.assessment),
    cells,
  }

  await site.watch()
  const repair = report && (await site.repair(report))
  const { windows = 0, revisions: { edited } = { edited: 0 }, verdicts: { match } = { match: 0 } } = repair ?? {}
  yield {
    scene: 'repair',
    asked: 'Replay what differs',
    answered: match === windows ? 'equal again' : 'still not equal',
    detail: `${plural(edited, 'sample')} corrected in the log by a revision that says what it supersedes.`,
    asTold: windows > 0 && match === windows && edited === 1,
    numbers: { windows, corrected: edited },
  }
}

function isEdited({ name, from, until, classes }: DifferingCell, at: bigint): boolean {
  return name === EDITED && classes.VALUE === 1 && parseTicks(from) <= at && at < parseTicks(until)
}

function cellText({ name, from, classes, cause }: DifferingCell): string {
  const counts = Object.entries(classes).map(([what, samples]) => `${samples} ${what}`)
  return `${name} at ${formatTime(from)} has ${counts.join(', ')}, probably ${cause ?? 'for no known cause'}`
}
