/**
 * `banyan demo`: the whole story in a minute, on a simulated historian and the embedded log: copy, compare, follow, be
 * refused, repair, move, fall back, recover, prove. The folder is kept, so that one may look around.
 *
 * Nothing is played but the time: every scene runs the code of the commands and of the daemon, and tells what that
 * answered. Exit 3 when a scene did not come out as told, or the log is not equal to the archive at the end.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BackfillReport } from '../../app/backfill-job.ts'
import { runBackfill } from '../../app/backfill.ts'
import type { Bridge } from '../../app/bridge.ts'
import { formatTicks, ticks } from '../../domain/ticks.ts'
import type { HistorianClock } from '../../simulator/clock.ts'
import { createSimulator, type Simulator } from '../../simulator/simulator.ts'
import type { LogLevel } from '../../telemetry/logger.ts'
import { compareWithArchive } from '../archive-comparison.ts'
import { type CommandContext, withBridge } from '../context.ts'
import { copied } from '../demo/copying.ts'
import { demoConfig, HISTORIAN } from '../demo/demo-config.ts'
import { DemoSite } from '../demo/demo-site.ts'
import { type DemoReport, renderDemo } from '../demo/demo-report.ts'
import type { Scene } from '../demo/scene.ts'
import { story } from '../demo/story.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { startProgress } from '../progress.ts'
import { describeProgress } from './backfill.ts'

/** Past the settle time, so that the newest samples are copied too. */
const SETTLED_MS = 60_000

export async function demo(context: CommandContext): Promise<ExitCode> {
  const { output } = context
  const simulator = createSimulator({ scenario: 'demo' })
  simulator.historian.clock.advance(SETTLED_MS)
  const { url } = await simulator.listen()
  try {
    const folder = mkdtempSync(join(tmpdir(), 'banyan-demo-'))
    const config = join(folder, 'banyan.yaml')
    writeFileSync(config, demoConfig(url, simulator.historian.primary.name))
    output.note(`Simulated historian at ${url}\nConfiguration, store and log in ${folder}`)
    const configSource = { file: config, environment: {}, workingDirectory: folder }
    const inFolder = { ...context, configSource, logLevel: quietly(context.logLevel) }
    const report = await withBridge(inFolder, (bridge) => run(context, bridge, simulator, { folder, config }))
    output.answer({ report }, () => renderDemo(report))
    const { missing, extra } = report.parity
    const isAsTold = report.scenes.every(({ asTold }) => asTold)
    return isAsTold && missing === 0 && extra === 0 && report.writes === 0 ? EXIT.done : EXIT.parityNotMet
  } finally {
    await simulator.close()
  }
}

/** That differences are found, and a workload is taken back, is the story and no trouble. */
function quietly(logLevel: LogLevel): LogLevel {
  return logLevel === 'warn' ? 'silent' : logLevel
}

async function run(
  context: CommandContext,
  bridge: Bridge,
  simulator: Simulator,
  place: { readonly folder: string; readonly config: string },
): Promise<DemoReport> {
  const { output, interrupt } = context
  const { signal } = interrupt
  const { clock } = simulator.historian
  const from = timeOf(clock)
  const scenes: Scene[] = []
  const tell = (scene: Scene): void => {
    scenes.push(scene)
    output.note(`${scene.asked}: ${scene.answered}\n  ${scene.detail}`)
  }
  const backfill = await copy(context, bridge)
  const site = await DemoSite.open({ bridge, simulator, folder: place.folder, signal })
  try {
    for await (const scene of story(site, copied(backfill, simulator.counters().writes))) {
      tell(scene)
      if (!scene.asTold) break
    }
    clock.advance(SETTLED_MS)
    await site.sync()
  } finally {
    site.close()
  }
  output.note('Reading the log back and comparing it with the archive, sample by sample …')
  const comparison = await compareWithArchive(bridge, simulator, HISTORIAN, signal)
  const { writes } = simulator.counters()
  return { ...place, backfill, scenes, clock: { from, until: timeOf(clock) }, ...comparison, writes }
}

function timeOf(clock: HistorianClock): string {
  return formatTicks(ticks(clock.now()))
}

async function copy({ output, interrupt }: CommandContext, bridge: Bridge): Promise<BackfillReport> {
  const progress = startProgress(output)
  const everything = { tags: [], from: undefined, until: undefined, order: undefined, job: undefined }
  try {
    return await runBackfill(
      bridge,
      everything,
      (state) => {
        progress.update(state.fraction, describeProgress(state))
      },
      interrupt.signal,
    )
  } finally {
    progress.stop()
  }
}
