/**
 * Rebuilding the store: drops the projection and folds the whole log again, and takes the coverage anew from the
 * log's checkpoints. What the log was told of tags and decisions is forgotten, but for the decisions its audit topic has,
 * so that the next run tells it again: this is how a new log is taken up. Under the lease, because reading the checkpoints makes us the writer for a moment.
 *
 * Decisions about workloads are no projection: those the store has stay, and those it lacks are taken back from the
 * audit topic.
 */
import type { TagId } from '../domain/tag-id.ts'
import { TICKS_PER_MS } from '../domain/ticks.ts'
import type { TagProgress } from '../log/log.ts'
import { type ProjectProgress, rebuild } from '../project/projector.ts'
import type { Bridge } from './bridge.ts'
import { restoreChain } from './cutover/restore-chain.ts'
import { withLease } from './lease.ts'

export interface RebuildReport {
  /** Records folded. */
  readonly records: number
  readonly cells: number
  readonly tags: number
  /** Decisions about workloads taken back from the audit topic. */
  readonly decisions: number
}

export async function rebuildStore(
  bridge: Bridge,
  onProgress: (progress: ProjectProgress) => void,
  signal: AbortSignal,
): Promise<RebuildReport> {
  const { config, logger } = bridge
  const store = await bridge.store()
  const log = await bridge.log()
  return withLease(store, `banyan store rebuild of ${config.bridge}`, logger, signal, async (lease, held) => {
    store.jobs.interruptOrphans(lease)
    const logged = new Map<TagId, TagProgress>()
    for (let shard = 0; shard < log.shardCount; shard++) {
      const writer = await log.openWriter(shard, held)
      for (const [tag, progress] of writer.tags) logged.set(tag, progress)
      await writer.close()
    }
    store.coverage.replaceAll(logged)
    store.tags.forgetPublished()
    store.cutoverEvents.forgetPublished()
    const cellWidth = BigInt(config.parity.cellMs) * TICKS_PER_MS
    const { records } = await rebuild(log, store, { cellWidth, onProgress }, held)
    const decisions = await restoreChain(log, store, held)
    return { records, cells: store.cells.count(), tags: logged.size, decisions }
  })
}
