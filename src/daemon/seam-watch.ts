/**
 * SeamWatch: when PI is back, makes good what OPC UA has served in its place. In two steps, tag by tag:
 *
 * 1. What was served is marked as dirty, so that a sweep compares the log with PI: whatever differs becomes a correction,
 *    or a finding where differences are only to be reported.
 * 2. Once it is settled by PI's clock, overlap included, it is read from both sources again and reconciled. Differences
 *    are recorded, never merged: they say what the fallback is worth. Then the seam is closed.
 *
 * A window that one of the two no longer answers for is closed as unread; while one of them is away, it waits.
 */
import type { GovernedSource, StandIn } from '../app/historian-connections.ts'
import { isBanyanError } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Tag } from '../domain/tag.ts'
import { TICKS_PER_MS, type Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'
import { isUnanswered } from '../source/serving.ts'
import type { TagSeams } from '../store/seams.ts'
import type { SourceDifference } from '../store/source-differences.ts'
import type { Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import { sleep } from '../util/abort.ts'
import { inLanes } from '../verify/lanes.ts'
import { compareSides, SideFailed } from '../verify/seam.ts'
import type { KeepGoing } from './keep-going.ts'

/** Soon enough for who wants the log to be right again. */
const LOOK_EVERY_MS = 10_000
/** Marks of one transaction: others write in between. */
const TAGS_PER_WRITE = 500
/** Each reads one page of either side at a time. */
const LANES = 4

export interface SeamWatchParts {
  /** The historian in the sweeps' lane: the primary alone. */
  readonly source: GovernedSource
  readonly standIn: StandIn
  readonly store: Store
  readonly logger: Logger
  /** By the historian's clock as the tail believes it, exclusive; undefined before its first round. */
  readonly settledNow: () => Ticks | undefined
}

/**
 * For a historian that has no fallback any more: what one served is marked as dirty all the same, and nothing is left to
 * reconcile it with.
 */
export function abandonSeams(store: Store, historian: string): void {
  store.write(() => {
    for (const seams of store.seams.list(historian)) {
      store.dirty.markAll(
        seams.windows.map((window) => ({ tag: seams.tag, window })),
        'seam',
      )
      store.seams.close(seams)
    }
  })
}

type Difference = Omit<SourceDifference, 'foundAtMs' | 'tag' | 'window'>

const UNREAD: Difference = { equal: 0, onlyPrimary: 0, onlyFallback: 0, value: 0, quality: 0, isUnread: true }

export class SeamWatch {
  readonly #parts: SeamWatchParts
  readonly #historian: string
  /** Tags that one of the two did not answer for: they come last, so that they hold up no others. */
  readonly #unanswered = new Set<TagId>()

  constructor(parts: SeamWatchParts) {
    this.#parts = parts
    this.#historian = parts.source.config.name
  }

  /** Until the signal aborts. */
  async run(keepGoing: KeepGoing, signal: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(LOOK_EVERY_MS, signal)
      await keepGoing.attempt(() => this.pass(signal), signal)
    }
  }

  /** Takes every seam of a tag that PI serves again one step on, as far as its time has come. */
  async pass(signal: AbortSignal): Promise<void> {
    const { standIn, store, settledNow } = this.#parts
    const settled = settledNow()
    if (settled === undefined || standIn.failover.serving.isFallback()) return
    const isBack = ({ tag }: TagSeams): boolean => standIn.failover.serving.of(tag) === 'primary'
    const seams = store.seams.list(this.#historian).filter(isBack)
    this.#doubt(
      seams.filter(({ doubted }) => doubted === undefined).map(({ tag }) => tag),
      settled,
    )
    const ripe = seams.filter(({ doubted }) => doubted !== undefined && settled >= doubted + this.#overlap())
    const isSuspect = ({ tag }: TagSeams): boolean => this.#unanswered.has(tag)
    for (const seamsOf of [ripe.filter((seam) => !isSuspect(seam)), ripe.filter(isSuspect)]) {
      await inLanes(seamsOf, LANES, (seam, lane) => this.#close(seam.tag, settled, lane), signal)
    }
  }

  #doubt(tags: readonly TagId[], settled: Ticks): void {
    const { store, standIn, logger } = this.#parts
    for (let at = 0; at < tags.length; at += TAGS_PER_WRITE) {
      store.write(() => {
        for (const tag of tags.slice(at, at + TAGS_PER_WRITE)) {
          const seams = this.#listAnew(tag, standIn)
          if (seams === undefined) continue
          store.dirty.markAll(
            seams.windows.map((window) => ({ tag, window })),
            'seam',
          )
          store.seams.doubt(seams, settled)
        }
      })
    }
    if (tags.length > 0) logger.info({ tags: tags.length }, 'what OPC UA served is compared with PI Web API')
  }

  async #close(tag: TagId, settled: Ticks, signal: AbortSignal): Promise<void> {
    const { store, standIn, logger } = this.#parts
    const seams = this.#listAnew(tag, standIn)
    if (seams?.doubted === undefined) return
    const found: (Difference & { window: Window })[] = []
    for (const { from, until } of seams.windows) {
      if (from >= settled) continue
      const window = { from, until: until < settled ? until : settled }
      const difference = await this.#compare(store.tags.get(tag)?.tag, window, signal)
      const { onlyPrimary, onlyFallback, value, quality, isUnread } = difference
      if (isUnread || onlyPrimary + onlyFallback + value + quality > 0) found.push({ ...difference, window })
    }
    store.write(() => {
      for (const difference of found) store.sourceDifferences.add({ tag, ...difference })
      store.seams.close(seams)
    })
    this.#unanswered.delete(tag)
    const differing = found.filter(({ isUnread }) => !isUnread)
    const unread = found.length - differing.length
    if (differing.length > 0) {
      const fields = { tag, windows: differing.length, ...sumOf(differing) }
      logger.warn(fields, 'PI Web API and OPC UA differ where OPC UA stood in')
    }
    if (unread > 0) logger.warn({ tag, windows: unread }, 'what OPC UA served could not be compared with PI Web API')
  }

  /** What is served from now on is a new seam, whatever is listed here. */
  #listAnew(tag: TagId, { failover }: StandIn): TagSeams | undefined {
    failover.seams.forget(tag)
    return this.#parts.store.seams.get(tag)
  }

  async #compare(tag: Tag | undefined, window: Window, signal: AbortSignal): Promise<Difference> {
    const { source, standIn } = this.#parts
    if (tag?.address.opcua === undefined) return UNREAD
    const { primary, opcua } = source.config
    const pageSize = { primary: primary.pageSize, fallback: opcua?.pageSize ?? primary.pageSize }
    try {
      const sides = { primary: source.source, fallback: standIn.source, pageSize }
      return { ...(await compareSides(tag, window, sides, signal)), isUnread: false }
    } catch (error) {
      if (!(error instanceof SideFailed)) throw error
      if (isUnanswered(error.cause)) this.#unanswered.add(tag.id)
      if (isUnanswered(error.cause) || !isBanyanError(error.cause)) throw error.cause
      return UNREAD
    }
  }

  #overlap(): bigint {
    return BigInt(this.#parts.source.config.opcua?.failover?.overlapMs ?? 0) * TICKS_PER_MS
  }
}

function sumOf(differences: readonly Difference[]): Omit<Difference, 'isUnread'> {
  const sum = (of: (difference: Difference) => number): number => differences.reduce((all, one) => all + of(one), 0)
  return {
    equal: sum(({ equal }) => equal),
    onlyPrimary: sum(({ onlyPrimary }) => onlyPrimary),
    onlyFallback: sum(({ onlyFallback }) => onlyFallback),
    value: sum(({ value }) => value),
    quality: sum(({ quality }) => quality),
  }
}
