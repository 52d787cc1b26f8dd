/** `banyan log read`: the log as lines of JSON; current samples, or raw records with their place. */
import type { Bridge } from '../../app/bridge.ts'
import { currentLines, recordLines, tagIdFrom } from '../../app/read-log.ts'
import { type CommandContext, withBridge } from '../context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { LogReadFlags } from '../flags.ts'

export async function logRead(context: CommandContext, options: LogReadFlags): Promise<ExitCode> {
  const { output, interrupt } = context
  const { tag, from, until, records = false } = options
  const scope = { tag: tag === undefined ? undefined : tagIdFrom(tag), from, until }
  const read = records ? recordLines : currentLines
  await withBridge(context, async (bridge: Bridge) => {
    for await (const line of read(bridge, scope, interrupt.signal)) await output.line(line)
  })
  return EXIT.done
}
