/**
 * `banyan demo --opcua`: PI Web API is taken away in the middle of a backfill. The same tags are read on through OPC UA,
 * under the same tag ids; PI comes back, what OPC UA served is compared with it, and what OPC UA cannot say is corrected.
 * In the end both are read again where OPC UA stood in, and what they say differently is told.
 */
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BackfillReport } from '../../app/backfill-job.ts'
import { runBackfill } from '../../app/backfill.ts'
import type { Bridge } from '../../app/bridge.ts'
import { trustHistorian } from '../../app/opcua-certificates.ts'
import { type OnceReport, syncOnce } from '../../daemon/once.ts'
import { DIALECTS } from '../../simulator/opcua/dialect.ts'
import { type OpcUaServer, startOpcUaServer } from '../../simulator/opcua/server.ts'
import { createSimulator, type Simulator } from '../../simulator/simulator.ts'
import type { DifferenceTotals } from '../../store/source-differences.ts'
import { type ArchiveComparison, compareWithArchive } from '../archive-comparison.ts'
import { type CommandContext, withBridge } from '../context.ts'
import { describeDifferenceTotals } from '../difference-text.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { startProgress } from '../progress.ts'
import { formatCount, formatSeconds } from '../../util/format.ts'
import { renderTable } from '../../util/text-table.ts'
import { describeProgress } from './backfill.ts'

const HISTORIAN = 'pi-demo'
/** Past the settle time, so that the newest samples are copied too. */
const CLOCK_ADVANCE_MS = 60_000
/** Of the archive, in percent: what PI has served when it goes away. */
const SERVED_BY_PI_PERCENT = 40
/** The sweep looks wherever OPC UA has served, however long ago; beyond that, at no more than this. */
const LOOK_BACK_MS = 60_000

interface OpcUaDemoReport {
  readonly folder: string
  readonly config: string
  readonly backfill: BackfillReport
  /** After the backfill: samples read through OPC UA differ where OPC UA cannot say what PI does. */
  readonly copied: ArchiveComparison
  readonly sync: OnceReport
  /** After PI was back and the log corrected. */
  readonly corrected: ArchiveComparison
  /** Tags of which some was served by OPC UA and not compared with PI yet. */
  readonly seams: number
  /** What PI and OPC UA say differently where OPC UA stood in. */
  readonly differences: DifferenceTotals
  /** Requests to either server that were not reads. */
  readonly writes: number
}

export async function demoOpcUa(context: CommandContext): Promise<ExitCode> {
  const { output, logLevel } = context
  const simulator = createSimulator({ scenario: 'demo' })
  simulator.historian.clock.advance(CLOCK_ADVANCE_MS)
  const { url } = await simulator.listen()
  // The dialect that tells all samples of one time, as PI does.
  const opcua = await startOpcUaServer({ historian: simulator.historian, dialect: { ...DIALECTS.strict, ties: 'all' } })
  try {
    const folder = mkdtempSync(join(tmpdir(), 'banyan-demo-'))
    const config = join(folder, 'banyan.yaml')
    writeFileSync(config, configFor(url, simulator.historian.primary.name, opcua))
    output.note(`Simulated historian at ${url} and ${opcua.endpoint}\nConfiguration, store and log in ${folder}`)
    // That PI is away is the story, not a warning.
    const level = logLevel === 'warn' ? 'error' : logLevel
    const configSource = { file: config, environment: {}, workingDirectory: folder }
    const inFolder = { ...context, configSource, logLevel: level }
    const copying = await withBridge(inFolder, (bridge) => copyWithoutPi(context, bridge, { simulator, opcua }))
    output.note('PI Web API is back; what OPC UA served is compared with it …')
    simulator.changeSwitches({ outage: 0 })
    // A bridge of its own, as the next command of a user has: it begins by trusting PI.
    const syncing = await withBridge(inFolder, (bridge) => correct(context, bridge, simulator))
    const writes = simulator.counters().writes + opcua.counters().writes
    const report = { folder, config, ...copying, ...syncing, writes }
    output.answer({ report }, () => render(report))
    const { corrected, seams, backfill: copied } = report
    const isEqual = corrected.parity.missing === 0 && corrected.parity.extra === 0
    return isEqual && seams === 0 && writes === 0 && copied.failures.length === 0 ? EXIT.done : EXIT.parityNotMet
  } finally {
    await Promise.all([simulator.close(), opcua.close()])
  }
}

async function copyWithoutPi(
  { output, interrupt: { signal } }: CommandContext,
  bridge: Bridge,
  { simulator, opcua }: { readonly simulator: Simulator; readonly opcua: OpcUaServer },
): Promise<Pick<OpcUaDemoReport, 'backfill' | 'copied'>> {
  const pem = await opcua.certificate()
  const isServers = ({ sha256 }: { readonly sha256: string }): Promise<boolean> =>
    Promise.resolve(sha256 === new X509Certificate(pem).fingerprint256)
  await trustHistorian(bridge.config, HISTORIAN, isServers, bridge.logger)

  takeAway(simulator, () => {
    output.note('PI Web API is away; the same tags are read through OPC UA …')
  })
  const progress = startProgress(output)
  const everything = { tags: [], from: undefined, until: undefined, order: undefined, job: undefined }
  let backfill: BackfillReport
  try {
    backfill = await runBackfill(
      bridge,
      everything,
      (state) => {
        progress.update(state.fraction, describeProgress(state))
      },
      signal,
    )
  } finally {
    progress.stop()
  }
  return { backfill, copied: await compareWithArchive(bridge, simulator, HISTORIAN, signal) }
}

async function correct(
  { interrupt: { signal } }: CommandContext,
  bridge: Bridge,
  simulator: Simulator,
): Promise<Pick<OpcUaDemoReport, 'sync' | 'corrected' | 'seams' | 'differences'>> {
  const options = { lookBackMs: LOOK_BACK_MS, acceptDeletions: false }
  const sync = await syncOnce(bridge, options, signal)
  // The two are compared once what was served is settled, overlap included.
  simulator.historian.clock.advance(CLOCK_ADVANCE_MS)
  await syncOnce(bridge, options, signal)
  const { seams, sourceDifferences } = await bridge.store()
  return {
    sync,
    corrected: await compareWithArchive(bridge, simulator, HISTORIAN, signal),
    seams: seams.count(HISTORIAN),
    differences: sourceDifferences.totals(HISTORIAN),
  }
}

/** PI answers nothing any more once it has served its share. */
function takeAway(simulator: Simulator, onAway: () => void): void {
  const total = [...simulator.truth()].length
  const stop = simulator.observe(() => {
    if (simulator.counters().rows * 100 < total * SERVED_BY_PI_PERCENT) return
    stop()
    simulator.changeSwitches({ outage: 'reset' })
    onAway()
  })
}

function configFor(url: string, dataServer: string, opcua: OpcUaServer): string {
  return `# Written by "banyan demo --opcua". The simulated servers it names ended with the demo.
bridge: demo
store: ./banyan.db
historians:
  ${HISTORIAN}:
    piWebApi: { url: "${url}", dataServer: "${dataServer}", auth: { type: none } }
    opcua:
      endpoint: "${opcua.endpoint}"
      role: fallback
      security: { mode: SignAndEncrypt, policy: Basic256Sha256, pki: ./pki }
      identity: { type: anonymous }
      nodes: { pattern: "nsu=${opcua.namespaceUri};s={name}" }
      limits: { concurrency: 4, requestsPerSecond: 100 }
      # Seconds, because nobody waits for a demonstration; minutes in a plant.
      failover: { after: 1s, back: 1s, overlap: 1s }
tags:
  - { historian: ${HISTORIAN}, include: ["*"], backfill: { from: 2000-01-01 } }
log:
  embedded: { file: ./banyan-log.db }
`
}

function render({ backfill, copied, sync, corrected, differences, writes, config }: OpcUaDemoReport): string {
  const { late, edited, deleted } = sync.revisions
  const row = (title: string, { sources, parity }: ArchiveComparison): string[] => [
    title,
    formatCount(sources['pi-web-api'] ?? 0),
    formatCount(sources['opcua'] ?? 0),
    formatCount(parity.missing),
    formatCount(parity.extra),
  ]
  return [
    `Copied ${formatCount(backfill.samples)} samples in ${formatSeconds(backfill.seconds)}, ${writes} requests were writes. ` +
      `The archive holds ${formatCount(corrected.archiveSamples)}.`,
    '',
    renderTable(
      [
        { title: 'LOG AND ARCHIVE' },
        { title: 'FROM PI', align: 'right' },
        { title: 'FROM OPC UA', align: 'right' },
        { title: 'MISSING', align: 'right' },
        { title: 'EXTRA', align: 'right' },
      ],
      [row('after the backfill', copied), row('with PI back', corrected)],
    ),
    '',
    `With PI back, ${formatCount(edited)} samples were revised, ${formatCount(late)} added, ${formatCount(deleted)} deleted: ` +
      'what OPC UA says differently, such as system states and annotations.',
    describeDifferenceTotals(differences),
    '',
    `Look around with -c ${config}`,
  ].join('\n')
}
