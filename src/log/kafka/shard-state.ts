/**
 * What a shard's own checkpoint partition says: the coverage of its tags, and (from writers without transactions) how
 * far the data is accounted for.
 *
 * Read to the real high watermark, waiting for the last stable offset to get there: a checkpoint that is merely not
 * decided yet must not be mistaken for one that does not exist, or its windows would be written twice.
 */
import { BanyanError } from '../../domain/errors.ts'
import type { TagId } from '../../domain/tag-id.ts'
import { decodeCheckpoint } from '../checkpoint.ts'
import type { LogPosition, TagProgress } from '../log.ts'
import type { PartitionReader } from './partition-reader.ts'

export interface ShardState {
  readonly tags: Map<TagId, TagProgress>
  /** Next offset per data partition as the newest checkpoint knows it; empty when none of them says. */
  readonly accounted: LogPosition
}

export async function readShardState(
  reader: PartitionReader,
  topic: string,
  bridge: string,
  shard: number,
  signal: AbortSignal,
): Promise<ShardState> {
  const tags = new Map<TagId, TagProgress>()
  let accounted: LogPosition = new Map()
  const from = await reader.begin(topic, shard, signal)
  const until = await reader.highWatermark(topic, shard, signal)
  for await (const page of reader.read(topic, shard, from, until, signal)) {
    for (const { key, value, offset } of page.records) {
      // Another bridge's, which the preflight complains about; never ours to judge.
      if (value === null || key?.toString('utf8').startsWith(`${bridge}/`) !== true) continue
      const checkpoint = decodeCheckpoint(value.toString('utf8'))
      if (checkpoint.bridge !== bridge || checkpoint.shard !== shard) {
        throw new BanyanError(
          'BANYAN_LOG_CORRUPT',
          `${topic}-${shard} offset ${offset}: a checkpoint of bridge ${checkpoint.bridge}, shard ${checkpoint.shard} in the wrong place`,
          { hint: 'Something other than Banyan copied records into this topic.' },
        )
      }
      tags.set(checkpoint.tag, checkpoint.progress)
      if (checkpoint.offsets) accounted = checkpoint.offsets
    }
  }
  return { tags, accounted }
}
