/** Act four: a fault while everybody reads the log. The bridge goes back by itself, and stays back until it is known why. */
import { BRIDGE_ACTOR } from '../../cutover/events.ts'
import { plural } from '../../util/format.ts'
import { CONSUMERS, OPERATOR, WORKLOAD } from './demo-config.ts'
import type { DemoSite } from './demo-site.ts'
import { answerOf, differing, type Scene } from './scene.ts'

const LATE = 'FIC101.PV'
const DAYS_BACK = 20n
const BATCH = 12

export async function* fell(site: DemoSite): AsyncGenerator<Scene> {
  const { desk, signal } = site
  await site.passWindows(1)
  site.plant.deliverLate(LATE, DAYS_BACK, BATCH)
  const report = await site.verify()
  const begunMs = performance.now()
  await site.watch()
  const onLog = await site.consumersOnLog()
  const ms = performance.now() - begunMs
  const last = desk.history(WORKLOAD).at(-1)
  const { phase, quarantine } = desk.standing(WORKLOAD).state
  const isAutomatic = last?.action === 'rollback' && last.actor === BRIDGE_ACTOR
  const missing = report.classes.MISSING ?? 0
  yield {
    scene: 'fault',
    asked: `Live: ${BATCH} samples arrive ${DAYS_BACK} days late`,
    answered: quarantine === undefined ? phase : `${phase}, quarantined: ${quarantine.cause}`,
    detail:
      `Found by the next comparison. ${Math.round(ms)} ms after the watch looked, ${onLog} of ` +
      `${plural(CONSUMERS.length, 'consumer')} read the log, by decision of ${last?.actor ?? 'nobody'}.`,
    asTold:
      isAutomatic && phase === 'shadowing' && quarantine?.cause === 'mismatch' && onLog === 0 && missing === BATCH,
    numbers: { mismatches: report.totals.verdicts.mismatch, missing, consumers: onLog, ms },
    cells: differing(report),
  }

  const held = await desk.request(WORKLOAD, { actor: OPERATOR }, signal)
  yield {
    scene: 'hold',
    asked: `${OPERATOR}: the first consumers to the log`,
    answered: held.kind === 'refused' ? 'refused: quarantined' : answerOf(held),
    detail: held.kind === 'refused' ? held.hint : 'Asked for, as if nothing had happened.',
    asTold: held.kind === 'refused' && quarantine !== undefined,
    numbers: {},
  }

  const [cell] = report.doubtful
  const reason = `${cell?.name ?? 'nothing'}: a batch came ${DAYS_BACK} days late (${cell?.cause ?? 'no known cause'})`
  await desk.liftQuarantine(WORKLOAD, { actor: OPERATOR, reason }, signal)
  const repair = await site.repair(report)
  const { totals } = await site.verify()
  const { state } = desk.standing(WORKLOAD)
  const isEqual = totals.verdicts.match === totals.cells
  yield {
    scene: 'recover',
    asked: `${OPERATOR}: name the root cause; repair`,
    answered: isEqual ? `epoch ${state.epoch}, equal again` : 'still not equal',
    detail: `${reason}. ${plural(repair.revisions.late, 'late sample')} copied; all evidence begins anew.`,
    asTold: isEqual && state.quarantine === undefined && state.epoch === 2 && repair.revisions.late === BATCH,
    numbers: { windows: totals.cells, late: repair.revisions.late, epoch: state.epoch },
  }
}
