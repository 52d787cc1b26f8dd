/**
 * A day in minutes: samples arrive, some of them late; samples are edited, deleted and put back, ties grow and shrink,
 * tags come, go, and change their name and type; the historian is out twice, the daemon is killed three times. Every
 * few hours, and at the end, the log says what the historian says, sample by sample, and every change is a revision.
 */
import type { CurrentTruth } from './current-truth.ts'
import type { Comparison } from './expected.ts'
import { HOUR_MS, MINUTE_MS, SyncSite } from './sync-site.ts'
import { visibilityOf, type Visibility } from './visible-changes.ts'
import type { LogChoice } from './workbench.ts'

/** Of plant time, until a failpoint is reached: more than enough for three appends. */
const MAX_STEPS = 300

export interface ScriptedDay {
  readonly truth: CurrentTruth
  readonly comparison: Comparison
  readonly visibility: Visibility
  readonly writes: number
  readonly peakPerSecond: number
}

/** `scale`: how much of the day passes, 1 for all 24 hours; every stretch of it is shortened alike. */
export async function scriptedDay(log: LogChoice, scale: number): Promise<ScriptedDay> {
  const site = await SyncSite.open({ log })
  try {
    const truth = await liveOneDay(site, HOUR_MS * scale)
    const { comparison } = await site.compare()
    const { writes, peakPerSecond } = site.simulator.counters()
    return { truth, comparison, visibility: visibilityOf(site.plant, 'sim', truth), writes, peakPerSecond }
  } finally {
    await site.close()
  }
}

async function liveOneDay(site: SyncSite, hourMs: number): Promise<CurrentTruth> {
  const { plant, simulator } = site
  plant.step(6 * hourMs)
  await site.backfill()
  await site.startDaemon().ready()
  await site.complete()

  await site.live(3 * hourMs)
  await site.complete()

  await site.live(hourMs)
  await site.daemon.kill()
  await site.liveAlone(hourMs / 6)
  site.startDaemon()
  await site.live(hourMs)
  plant.addTag()
  plant.renameTag('FLOAT32.006', 'TIC.RENAMED')
  await site.live(hourMs)
  await site.complete()

  // Out for an hour; the daemon is killed meanwhile and has to start while nobody answers.
  await site.live(hourMs)
  simulator.changeSwitches({ outage: 503 })
  await site.liveAlone(0.5 * hourMs)
  await site.daemon.kill()
  await site.startDaemon().alive()
  await site.liveAlone(0.5 * hourMs)
  demand(!(await site.daemon.readiness()).isReady, 'ready without a historian')
  simulator.changeSwitches({ outage: 0 })
  await site.live(hourMs)
  await site.complete()

  await site.live(hourMs)
  plant.retypeTag('INT32.003', 'Float64')
  plant.deleteTag('STRING.005')
  await site.live(2 * hourMs)
  await site.complete()

  // Out again, under a daemon that goes on.
  await site.live(hourMs)
  simulator.changeSwitches({ outage: 'reset' })
  await site.liveAlone(hourMs)
  simulator.changeSwitches({ outage: 0 })
  await site.complete()

  // Killed in the middle of a commit.
  await site.live(2 * hourMs)
  await site.daemon.stop()
  const doomed = site.startDaemon({ BANYAN_FAILPOINT: 'checkpoint-sent:3' })
  for (let left = MAX_STEPS; left > 0 && !doomed.hasEnded; left--) await site.liveAlone(2 * MINUTE_MS)
  demand(doomed.hasEnded && (await doomed.ended).signal === 'SIGKILL', 'the failpoint was not reached')
  await site.startDaemon().ready()
  await site.live(3 * hourMs)
  await site.complete()

  await site.live(3 * hourMs)
  await site.complete()
  await site.sweptOnce()
  const { problems, historians } = await site.daemon.status()
  demand(problems.length === 0, `not ready at the end: ${JSON.stringify(problems)}`)
  demand(
    historians.every(({ failingCount, catchingUp }) => failingCount === 0 && catchingUp === 0),
    'not at rest at the end',
  )
  demand((await site.daemon.stop()).code === 0, 'the drained daemon did not exit with 0')
  return (await site.compare()).truth
}

function demand(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}
