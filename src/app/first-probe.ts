/**
 * FirstProbe: how a command learns a historian's clock. One that has a fallback is waited for until that has taken over,
 * at most as long as an outage may last: a command that began while PI was away would otherwise end before its fallback is
 * due.
 */
import { OutageWatch } from '../replay/outage.ts'
import type { SourceProbe } from '../source/source.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { GovernedSource } from './historian-connections.ts'

export async function firstProbe(
  { source, config, standIn }: GovernedSource,
  logger: Logger,
  signal: AbortSignal,
): Promise<SourceProbe> {
  if (standIn !== undefined) await new OutageWatch(source, config.primary.outageMs, logger).over(signal)
  return source.probe(signal)
}
