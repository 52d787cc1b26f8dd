/**
 * Tag record: the JSON value of the `tags` topic (contracts.md §1), keyed by tag id. A consumer that knows only tag
 * ids learns here what they are called and mean; the highest version is the current one.
 */
import { formatOpcUaAddress } from '../domain/opc-ua-address.ts'
import type { Tag } from '../domain/tag.ts'
import { formatTicks, ticksFromMs } from '../domain/ticks.ts'

export function encodeTag(tag: Tag, version: number, seenAtMs: number): string {
  return JSON.stringify({
    v: 1,
    tag: tag.id,
    version,
    seenAt: formatTicks(ticksFromMs(seenAtMs)),
    name: tag.name,
    descriptor: tag.descriptor,
    type: tag.type,
    units: tag.units,
    zero: tag.zero,
    span: tag.span,
    step: tag.step,
    future: tag.future,
    digitalSet: tag.digitalSet,
    compression: tag.compression,
    addresses: {
      piWebApi: tag.address.pi,
      opcua: tag.address.opcua && { nodeId: formatOpcUaAddress(tag.address.opcua) },
    },
  })
}
