/**
 * Summary round: asks for the historian's own summary of all cells that were compared, round and round, to notice edits
 * of history that no hint told of (verify/summary-notices.ts). The historian sends one row per cell, but reads all of the
 * cell's samples for it; so what lies in the cells is budgeted as well as what is asked and answered.
 *
 * How far it has come is in the store. A turn that fails is taken again from where it began; what it had noticed until
 * then is kept. A tag whose summary cannot be had is left alone for half an hour, so that nobody waits for it again and
 * again: that is no doubt and no proof.
 *
 * It does not run ahead of whoever reads what it doubts. An update of the historian that changes the last bit of every
 * sum makes all of history doubtful, once; it is read again a bounded part at a time.
 */
import { cellStart } from '../domain/cell.ts'
import { addWindows, coveredTicks, NOTHING_COVERED, within, without, type Coverage } from '../domain/coverage.ts'
import type { TagId } from '../domain/tag-id.ts'
import { ticks, type Ticks } from '../domain/ticks.ts'
import type { HistorianSource } from '../source/source.ts'
import type { SummaryPlace } from '../store/summaries.ts'
import { FailedTags } from '../verify/failed-tags.ts'
import { inLanes } from '../verify/lanes.ts'
import type { PlannedTag, TagNeed } from '../verify/planner.ts'
import { ASKED_CELLS, noticeChanges, type NoticeParts, type Notices } from '../verify/summary-notices.ts'
import type { CurrentTags } from './current-tags.ts'
import { RestingTags } from './resting-tags.ts'

/** Of one turn: some tens of calls; 28 million cells a day. */
const TURN_CELLS = 20_000
/** Calls of one turn, where tags have few cells each: two coalesced requests. */
const TURN_CALLS = 200
/** Samples in the cells of one turn, which the historian reads on its own disks; 7 billion a day. */
const TURN_SAMPLES = 5_000_000
/** Between the beginnings of two turns, at least. */
const TURN_EVERY_MS = 60_000
/** As a turn that went all the way round: a small historian need not be asked every minute. */
const ROUND_EVERY_MS = 3_600_000
/** Doubtful samples, of whatever origin, with which no turn adds further ones: ten passes of the verification. */
const MOST_DOUBTFUL_SAMPLES = 1_000_000
/** As many tags as a coalesced call takes. */
const LANES = 100

/** Before and beyond any time a sample can have. */
const BEGINNING = ticks(-(2n ** 62n))
const END = ticks(2n ** 62n)

export interface SummaryRoundParts extends NoticeParts {
  readonly source: HistorianSource
  readonly tags: CurrentTags
  /** Milliseconds, monotonic. */
  readonly clock: () => number
}

/** What one turn may still ask for. */
interface Room {
  cells: number
  calls: number
  samples: number
}

export class SummaryRound {
  readonly #parts: SummaryRoundParts
  readonly #resting: RestingTags
  #dueMs: number
  #noticed: Notices = { cells: 0, changed: 0 }

  constructor(parts: SummaryRoundParts) {
    this.#parts = parts
    this.#resting = new RestingTags(parts.clock)
    this.#dueMs = parts.clock() + TURN_EVERY_MS
  }

  /** Since the start. */
  get noticed(): Notices {
    return this.#noticed
  }

  /**
   * Asks about cells that are read next, so that whatever changes after the reading is noticed; about a turn's worth of
   * them, the others are asked about in the round.
   */
  async before(planned: readonly PlannedTag[], signal: AbortSignal): Promise<void> {
    const room = newRoom()
    // The plan has a budget of samples already.
    const asked = planned.map(({ tag, windows }) => ({ tag, windows: this.#fitting(windows, 0, room).windows }))
    await this.#ask(asked, signal)
  }

  /** A turn, if one is due. Rejects when the historian or the store fails, or the signal aborts. */
  async turnIfDue(needs: readonly TagNeed[], signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts
    if (clock() < this.#dueMs || this.#doubtfulSamples(needs) > MOST_DOUBTFUL_SAMPLES) return
    const startedMs = clock()
    const isRound = await this.turn(needs, signal)
    this.#dueMs = startedMs + (isRound ? ROUND_EVERY_MS : TURN_EVERY_MS)
  }

  /** Answers whether it went all the way round. `needs`: what is known of the tags now. */
  async turn(needs: readonly TagNeed[], signal: AbortSignal): Promise<boolean> {
    const { source, store } = this.#parts
    const { scope, next, isRound } = this.#nextScope(needs, store.summaries.place(source.historian))
    await this.#ask(scope, signal)
    if (next !== undefined) store.summaries.setPlace(source.historian, next)
    return isRound
  }

  async #ask(scope: readonly PlannedTag[], signal: AbortSignal): Promise<void> {
    const { source, tags } = this.#parts
    const failed = new FailedTags(source)
    const asked = scope.flatMap(({ tag, windows }) => {
      const known = tags.get(tag)
      return known === undefined || windows.length === 0 || this.#resting.has(tag) ? [] : { tag: known, windows }
    })
    const body = async ({ tag, windows }: (typeof asked)[number], lane: AbortSignal): Promise<void> => {
      try {
        const { cells, changed } = await noticeChanges(tag, windows, this.#parts, lane)
        this.#noticed = { cells: this.#noticed.cells + cells, changed: this.#noticed.changed + changed }
      } catch (error) {
        await failed.add(tag, error, lane)
        this.#resting.add(tag.id)
      }
    }
    await inLanes(asked, LANES, body, signal)
  }

  /** Compared cells from the place reached on, tag by tag; and where the turn after that begins. */
  #nextScope(needs: readonly TagNeed[], place: SummaryPlace | undefined) {
    const ascending = needs.toSorted((a, b) => (a.tag < b.tag ? -1 : 1))
    const first = ascending.findIndex(({ tag }) => tag >= (place?.tag ?? ''))
    const order = first === -1 ? ascending : [...ascending.slice(first), ...ascending.slice(0, first)]
    const room = newRoom()
    const scope: PlannedTag[] = []
    for (const need of order) {
      const from = need.tag === place?.tag ? place.from : BEGINNING
      const { windows, stoppedAt } = this.#fitting(
        within(comparedOf(need), { from, until: END }),
        need.rowsPerCell,
        room,
      )
      scope.push({ tag: need.tag, windows })
      if (stoppedAt !== undefined) return { scope, next: { tag: need.tag, from: stoppedAt }, isRound: false }
    }
    return { scope, next: beginningOf(order[0]?.tag), isRound: true }
  }

  /** As much of the windows as there is room for, which it takes; and where it stopped, if there is more. */
  #fitting(windows: Coverage, samplesPerCell: number, room: Room) {
    const { cellWidth } = this.#parts
    const fitting: { from: Ticks; until: Ticks }[] = []
    for (const { from, until } of windows) {
      const cells = Number((until - from) / cellWidth)
      const ofSamples = samplesPerCell === 0 ? cells : Math.ceil(room.samples / samplesPerCell)
      const taken = Math.min(cells, room.cells, room.calls * ASKED_CELLS, ofSamples)
      if (taken <= 0 && cells > 0) return { windows: fitting, stoppedAt: from }
      room.cells -= taken
      room.calls -= Math.ceil(taken / ASKED_CELLS)
      room.samples -= taken * samplesPerCell
      if (taken < cells) {
        // Up to the edge of a cell, wherever the window begins.
        const stoppedAt = cellStart((from + BigInt(taken) * cellWidth) as Ticks, cellWidth)
        return { windows: [...fitting, { from, until: stoppedAt }], stoppedAt }
      }
      fitting.push({ from, until })
    }
    return { windows: fitting, stoppedAt: undefined }
  }

  #doubtfulSamples(needs: readonly TagNeed[]): number {
    const { cellWidth } = this.#parts
    return needs.reduce(
      (sum, { doubtful, rowsPerCell }) => sum + Number(coveredTicks(doubtful) / cellWidth) * rowsPerCell,
      0,
    )
  }
}

/** What is compared and not about to be compared again. */
function comparedOf({ checked, doubtful, unchecked }: TagNeed): Coverage {
  const windows = addWindows(
    NOTHING_COVERED,
    checked.map(({ window }) => window),
  )
  return without(windows, addWindows(doubtful, unchecked))
}

function beginningOf(tag: TagId | undefined): SummaryPlace | undefined {
  return tag === undefined ? undefined : { tag, from: BEGINNING }
}

function newRoom(): Room {
  return { cells: TURN_CELLS, calls: TURN_CALLS, samples: TURN_SAMPLES }
}
