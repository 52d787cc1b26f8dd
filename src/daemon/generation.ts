/**
 * Generation: the services of one configuration, side by side, from their start to their drained end. What ends one of
 * them for good ends all.
 */
import type { Bridge } from '../app/bridge.ts'
import type { CutoverDesk } from '../app/cutover/desk.ts'
import type { LogSession } from '../app/log-session.ts'
import type { Selection } from '../app/selection.ts'
import type { SweepConfig } from '../config/config.ts'
import { messageOf } from '../domain/errors.ts'
import { historianOf } from '../domain/tag-id.ts'
import type { LogPlan, SampleLog } from '../log/log.ts'
import type { Lease } from '../store/lease.ts'
import type { Store } from '../store/store.ts'
import { abortable, together } from '../util/abort.ts'
import type { BridgeWeather } from './bridge-weather.ts'
import { CutoverService } from './cutover-service.ts'
import { degradations } from './fallback-state.ts'
import { HistorianService } from './historian-service.ts'
import { JobRunner } from './job-runner.ts'
import { isFatal } from './keep-going.ts'
import type { LiveReport } from './live-report.ts'
import { LogWatch } from './log-watch.ts'
import { Schedule } from './schedule.ts'
import { aborted, type Stops, stopsOf, untilDrained } from './stops.ts'

export interface GenerationParts {
  readonly bridge: Bridge
  readonly store: Store
  readonly log: SampleLog
  readonly lease: Lease
  readonly session: LogSession
  readonly live: LiveReport
  readonly logPlan: LogPlan
  readonly desk: CutoverDesk
  readonly weather: BridgeWeather
}

export class Generation {
  readonly #parts: GenerationParts

  constructor(parts: GenerationParts) {
    this.#parts = parts
  }

  /** Resolves when drained, because of the stops or of `reload`. Rejects with what is fatal. */
  async run(stops: Stops, reload: AbortSignal): Promise<void> {
    const { bridge, store, log, lease, session, live, logPlan, desk, weather } = this.#parts
    const services = await Promise.all(
      (await bridge.selectedSources()).map(({ config }) =>
        HistorianService.open({ bridge, store, log, session, config, acceptDeletions: false }),
      ),
    )
    const fatal = new AbortController()
    const schedules = bridge.config.sync.sweeps.map((sweep) => this.#scheduleOf(sweep, services, fatal))
    const logWatch = new LogWatch(log, session.appender, logPlan)
    const cutover = new CutoverService({
      bridge,
      store,
      desk,
      weather,
      historians: services,
      logger: bridge.logger.child({ component: 'cutover' }),
      clock: Date.now,
    })
    live.setReporting({
      historians: () => services.map((service) => service.live()),
      schedules: () => schedules.map((schedule) => schedule.state()),
      problems: (lives) => services.flatMap((service, i) => service.problems(lives[i])),
      degraded: (lives) => [...lives.flatMap(degradations), ...cutover.degradations()],
      logTrouble: () => logWatch.trouble(),
    })
    const jobs = new JobRunner({
      bridge,
      store,
      lease,
      session,
      catalogue: (historian, signal) => {
        const asked = services.filter(({ name }) => historian === undefined || name === historian)
        return selectionOf(asked, signal)
      },
      liveFrom: (tag) => services.find(({ name }) => name === historianOf(tag))?.liveFrom(tag),
    })
    const asked = AbortSignal.any([stops.drain, reload])
    const own = stopsOf(asked, stops.abort)
    try {
      await together(
        [
          ...services.map((service) => (failed: AbortSignal) => {
            return service.run({
              drain: AbortSignal.any([own.drain, failed]),
              abort: AbortSignal.any([own.abort, failed]),
            })
          }),
          (failed) => drained((signal) => jobs.run(signal), asked, failed),
          (failed) => drained((signal) => logWatch.run(signal), asked, failed),
          (failed) => drained((signal) => cutover.run(signal), asked, failed),
          // An appender that gave up appends nothing ever again: only a new process does.
          (failed) => drained((signal) => abortable(aborted(signal), session.appender.gaveUp), asked, failed),
          (failed) => drained((signal) => abortable(runSchedules(schedules, signal), fatal.signal), asked, failed),
        ],
        new AbortController().signal,
      )
    } finally {
      own.release()
    }
  }

  #scheduleOf(
    { name, timing, lookBackMs }: SweepConfig,
    services: readonly HistorianService[],
    fatal: AbortController,
  ): Schedule {
    const { store, bridge } = this.#parts
    return new Schedule({
      name,
      timing,
      record: store.schedules,
      task: async (signal) => {
        // One historian that is away neither ends the others' sweeps nor lets the next run begin beside them.
        const outcomes = await Promise.allSettled(
          services.map(async ({ name: historian, sweeper }) => {
            const { cells, revisions, failures } = await sweeper.scheduled(name, lookBackMs, signal)
            const { late, edited, deleted } = revisions
            return `${historian}: ${cells} cells, ${late} late, ${edited} edited, ${deleted} deleted, ${failures.length} tags failed`
          }),
        )
        const failed = outcomes.find((outcome) => outcome.status === 'rejected')
        if (failed !== undefined) throw failed.reason
        return outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : '')).join('; ')
      },
      onFailed: (error) => {
        if (isFatal(error)) fatal.abort(error)
        else
          bridge.logger.warn(
            { component: 'sweep', schedule: name, error: messageOf(error) },
            'sweep failed; it goes on there when it is due again',
          )
      },
    })
  }
}

/** Runs `body` until the drain; whatever it was then doing goes on later where it stopped. */
function drained(body: (signal: AbortSignal) => Promise<void>, asked: AbortSignal, failed: AbortSignal): Promise<void> {
  const drain = AbortSignal.any([asked, failed])
  return untilDrained(body(drain), drain)
}

async function runSchedules(schedules: readonly Schedule[], signal: AbortSignal): Promise<void> {
  for (const schedule of schedules) schedule.start()
  await aborted(signal)
  await Promise.all(schedules.map((schedule) => schedule.stop(signal)))
}

async function selectionOf(services: readonly HistorianService[], signal: AbortSignal): Promise<Selection> {
  const selections = await Promise.all(
    services.map(async (service) => {
      const selection = await service.refreshCatalogue(signal)
      // A job ends where the live tail begins: that has to be known first.
      await service.placed(
        selection.selected.map(({ tag }) => tag.id),
        signal,
      )
      return selection
    }),
  )
  return {
    selected: selections.flatMap(({ selected }) => selected),
    missing: selections.flatMap(({ missing }) => missing),
  }
}
