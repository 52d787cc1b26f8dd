/** What the daemon says of a historian's fallback. */
import type { StandIn } from '../app/historian-connections.ts'
import type { Tag } from '../domain/tag.ts'
import type { Governor } from '../replay/governor.ts'
import type { Store } from '../store/store.ts'
import type { Degradation, LiveFallback, LiveGovernor, LiveHistorian } from '../telemetry/live-status.ts'

/** `tags`: all that are copied. */
export function fallbackState(
  historian: string,
  { failover: { serving }, governor }: StandIn,
  tags: readonly Tag[],
  { seams, sourceDifferences }: Store,
): LiveFallback {
  const { windows, onlyPrimary, onlyFallback, value, quality, unread } = sourceDifferences.totals(historian)
  return {
    tags: tags.filter(({ id, address }) => address.opcua !== undefined && serving.of(id) === 'fallback').length,
    seams: seams.count(historian),
    differences: { windows, onlyPrimary, onlyFallback, value, quality, unread },
    governor: governorState(governor),
  }
}

export function governorState(governor: Governor): LiveGovernor {
  const { concurrency, concurrencyCap, inFlight, waiting, requests, throttled, failed, heldBy } = governor.state()
  return { concurrency, concurrencyCap, inFlight, waiting, requests, throttled, failed, heldBy }
}

export function degradations({ name, tags, fallback }: LiveHistorian): Degradation[] {
  const onFallback = fallback?.tags ?? 0
  if (onFallback === 0) return []
  const detail = `${onFallback} of ${tags} tags are read through OPC UA`
  return [{ reason: 'on-fallback', subject: name, detail }]
}
