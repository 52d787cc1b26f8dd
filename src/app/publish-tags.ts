/** Publishing tags: what the catalogue says goes to the log's tags topic, so that a consumer can tell what an id means. */
import type { SampleLog } from '../log/log.ts'
import { encodeTag } from '../log/tag-record.ts'
import type { Store } from '../store/store.ts'

/** Publishes every version the log does not have yet. A crash in between publishes it again: the last one counts. */
export async function publishTags(store: Store, log: SampleLog, signal: AbortSignal): Promise<void> {
  const unpublished = store.tags.unpublished()
  if (unpublished.length === 0) return
  const records = unpublished.map(({ tag, version, seenAtMs }) => ({
    key: tag.id,
    value: encodeTag(tag, version, seenAtMs),
  }))
  await log.publish('tags', records, signal)
  store.write(() => {
    for (const { tag, version } of unpublished) store.tags.markPublished(tag.id, version)
  })
}
