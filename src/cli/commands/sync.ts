/** `banyan sync`: the daemon, until a signal drains it (exit 0); with `--once` one round and one sweep. */
import { loadConfig } from '../../config/load.ts'
import type { OnceOptions } from '../../daemon/once.ts'
import { BanyanError } from '../../domain/errors.ts'
import { isAbort } from '../../util/abort.ts'
import { type CommandContext, withBridge } from '../context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { SyncFlags } from '../flags.ts'
import { readVersion } from '../version.ts'
import { formatCount } from '../../util/format.ts'
import { renderTable } from '../../util/text-table.ts'

export async function sync(context: CommandContext, { once, lookBack, acceptDeletions }: SyncFlags): Promise<ExitCode> {
  return once === true
    ? syncOnce(context, { lookBackMs: lookBack, acceptDeletions: acceptDeletions === true })
    : runDaemon(context)
}

async function syncOnce(context: CommandContext, options: OnceOptions): Promise<ExitCode> {
  const { output, interrupt } = context
  const { syncOnce: run } = await import('../../daemon/once.ts')
  const report = await withBridge(context, (bridge) => run(bridge, options, interrupt.signal))
  output.answer(report, () => {
    const { late, edited, deleted } = report.revisions
    return renderTable(
      [{ title: 'SYNC' }, { title: '', align: 'right' }],
      [
        ['tags', report.tags],
        ['samples copied', report.samples],
        ['cells compared', report.sweptCells],
        ['late samples', late],
        ['edited samples', edited],
        ['deleted samples', deleted],
        ['tags failed', report.failures.length],
        ['differences left alone', report.findings],
        ['tags for the next sweep', report.postponed],
        ['jobs waiting', report.jobsWaiting],
      ],
    )
  })
  for (const { name, code, message } of report.failures.slice(0, SHOWN_FAILURES))
    output.note(`${name}: ${code}: ${message}`)
  if (report.missing.length > 0)
    output.note(`Listed, but unknown to the historian: ${report.missing.slice(0, SHOWN_FAILURES).join(', ')}`)
  if (report.unswept.length > 0)
    output.note(`Read through OPC UA, so nothing was compared: ${report.unswept.join(', ')}. The next run does.`)
  if (report.jobsWaiting > 0)
    output.note(`${formatCount(report.jobsWaiting)} jobs wait for "banyan backfill --job ID" or the daemon.`)
  const isComplete =
    report.failures.length + report.missing.length + report.unswept.length + report.findings + report.postponed === 0
  return isComplete ? EXIT.done : EXIT.incomplete
}

const SHOWN_FAILURES = 10

async function runDaemon(context: CommandContext): Promise<ExitCode> {
  const { output, interrupt, configSource } = context
  const { runDaemon: run } = await import('../../daemon/daemon.ts')
  await withBridge(context, async (bridge) => {
    try {
      await run({
        bridge,
        version: readVersion(),
        loadConfig: () => loadConfig(configSource),
        onReloadAsked: (listener) => {
          process.on('SIGHUP', listener)
          return () => process.off('SIGHUP', listener)
        },
        onStarted: (url) => {
          output.note(`Syncing ${bridge.config.bridge}${url === undefined ? '' : `, ${url}`}. Ctrl-C drains and stops.`)
        },
        signal: interrupt.signal,
      })
    } catch (error) {
      if (error instanceof BanyanError || !isAbort(error, interrupt.signal)) throw error
    }
  })
  return EXIT.done
}
