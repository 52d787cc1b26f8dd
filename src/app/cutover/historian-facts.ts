/** Historian facts: who the historians of a workload are, what their clocks say, and whether they are still fed. */
import type { HistorianTime } from '../../cutover/as-of-request.ts'
import type { HistorianEvidence } from '../../cutover/manifest.ts'
import { isBanyanError } from '../../domain/errors.ts'
import { historianOf } from '../../domain/tag-id.ts'
import { END_OF_PI_TIME, floorToMs, formatTicks, ticks, TICKS_PER_MS, type Ticks } from '../../domain/ticks.ts'
import type { Store } from '../../store/store.ts'
import type { SourceProbe } from '../../source/source.ts'
import type { Bridge } from '../bridge.ts'
import { refuseOtherServer } from '../same-server.ts'
import type { SelectedTag } from '../selection.ts'

/** A historian that takes longer to say its time is no side to send consumers back to. */
const ANSWERS_WITHIN_MS = 15_000

/** In the order of their first tag. */
export function historiansOf(tags: readonly SelectedTag[]): string[] {
  return [...new Set(tags.map(({ tag }) => historianOf(tag.id)))]
}

/** Asks all of them; rejects when one does not answer, or is another server than was copied from. */
export async function askTimes(
  bridge: Bridge,
  store: Store,
  names: readonly string[],
  signal: AbortSignal,
): Promise<HistorianTime[]> {
  return Promise.all(
    names.map(async (name) => {
      const { serverTime, clockOffsetMs } = await probe(bridge, store, name, signal)
      return { name, serverTime: formatTicks(serverTime), clockOffsetMs }
    }),
  )
}

/**
 * `lookBackMs`: how far back a newest sample is looked for; of one that is older it is only known that it is. A
 * historian that does not answer is told by nulls: it is no side to go back to.
 */
export async function askHistorians(
  bridge: Bridge,
  store: Store,
  tags: readonly SelectedTag[],
  lookBackMs: number,
  signal: AbortSignal,
): Promise<HistorianEvidence[]> {
  return Promise.all(
    historiansOf(tags).map(async (name) => {
      const limit = AbortSignal.timeout(ANSWERS_WITHIN_MS)
      const both = AbortSignal.any([signal, limit])
      try {
        const { product, server, serverGuid, serverTime, clockOffsetMs } = await probe(bridge, store, name, both)
        const newestAgeMs = newestAge(store, tagsOf(name, tags), serverTime, lookBackMs)
        return { name, identity: `${product} ${server} ${serverGuid}`, clockOffsetMs, newestAgeMs }
      } catch (error) {
        if (signal.aborted || !(limit.aborted || isAway(error))) throw error
        return { name, identity: null, clockOffsetMs: null, newestAgeMs: null }
      }
    }),
  )
}

/** Whether the historian is the reason; that it is another server than before is not. */
function isAway(error: unknown): boolean {
  return isBanyanError(error) && error.code.startsWith('BANYAN_SOURCE_')
}

async function probe(bridge: Bridge, store: Store, name: string, signal: AbortSignal): Promise<SourceProbe> {
  const { source } = await bridge.source(name, 'verify')
  const found = await source.probe(signal)
  refuseOtherServer(store, name, found)
  return found
}

function tagsOf(historian: string, tags: readonly SelectedTag[]): SelectedTag[] {
  return tags.filter(({ tag }) => historianOf(tag.id) === historian)
}

/** As copied: what the historian has shown and the log does not hold yet does not count. */
function newestAge(store: Store, tags: readonly SelectedTag[], now: Ticks, lookBackMs: number): number {
  const from = ticks(now - BigInt(Math.ceil(lookBackMs)) * TICKS_PER_MS)
  let newest = from
  for (const { tag } of tags) {
    // A forecast says nothing about the present.
    if (tag.future) continue
    const last = store.cells.read(tag.id, { from, until: END_OF_PI_TIME }).findLast(({ digest }) => digest.count > 0)
    if (last !== undefined && last.maxTicks > newest) newest = last.maxTicks
  }
  return Math.max(0, floorToMs(ticks(now - newest)))
}
