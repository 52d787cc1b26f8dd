/**
 * Planner: which cells to compare next, by need, with as many rows as the historian is to give. Pure.
 *
 * In this order: what something made doubtful; what is served from the log; what was never compared, of a sample only
 * what it draws; what was compared longest ago. A small share is kept for cells drawn at random from all, so that no rule
 * of ours decides alone what is never looked at again. What is planned of a tag is merged, so that no row is read twice.
 */
import { cellStart } from '../domain/cell.ts'
import { addWindow, addWindows, NOTHING_COVERED, without, type Coverage } from '../domain/coverage.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'
import type { TagState } from '../store/parity.ts'

/** Of the budget, for cells nobody has a reason to look at. */
const AUDIT_SHARE = 0.05

export interface TagNeed {
  readonly tag: TagId
  /** Whether consumers read it from the log already. */
  readonly isServed: boolean
  /** Whole cells, each list ascending and disjoint. */
  readonly doubtful: Coverage
  readonly unchecked: Coverage
  /** Never compared and not drawn by the sample: looked at by chance only. */
  readonly undrawn: Coverage
  /** Ascending and disjoint; `atMs`: when. */
  readonly checked: readonly { readonly window: Window; readonly atMs: number }[]
  /** Samples in a cell, on average. */
  readonly rowsPerCell: number
}

export interface PlanOptions {
  /** Samples to read, about. At least one cell is planned when anything is needed. */
  readonly rowBudget: number
  /** Of a cell, in ticks. */
  readonly cellWidth: bigint
  /** Uniform in [0, 1). */
  readonly random: () => number
}

export interface PlannedTag {
  readonly tag: TagId
  /** Ascending and disjoint. */
  readonly windows: Coverage
}

/** What a tag needs by what is known of it. `drawn`: of what was never compared, what a sample wants; undefined: all. */
export function needOf(
  { tag, states, checked, samplesInLog }: TagState,
  isServed: boolean,
  drawn: ((unseen: Coverage) => Coverage) | undefined,
): TagNeed {
  const doubts = ['changed-since', 'doubted-since']
  const unknown = ['not-looked-at', 'rules-changed']
  const unread = states.runs(({ verdict }) => verdict === 'inconclusive')
  const unseen = states.runs((state) => state.verdict === 'pending' && unknown.includes(state.reason))
  const wanted = drawn?.(unseen) ?? unseen
  return {
    tag,
    isServed,
    doubtful: states.runs((state) => state.verdict === 'pending' && doubts.includes(state.reason)),
    unchecked: addWindows(wanted, unread),
    undrawn: without(unseen, wanted),
    checked,
    rowsPerCell: samplesInLog / Math.max(1, states.cells),
  }
}

/** By need, within the budget; in the order of need. */
export function planByNeed(needs: readonly TagNeed[], options: PlanOptions): PlannedTag[] {
  const plan = new Plan(options)
  const audited = options.rowBudget * AUDIT_SHARE
  for (const { need, window } of inOrderOfNeed(needs)) {
    if (plan.rows >= options.rowBudget - audited) break
    plan.add(need, window, options.rowBudget - audited)
  }
  const drawn = new CellUrn(needs, options)
  while (plan.rows < options.rowBudget && plan.audited < audited) {
    const cell = drawn.next()
    if (cell === undefined) break
    plan.audit(cell.need, cell.window, options.rowBudget)
  }
  return plan.tags()
}

interface NeededWindow {
  readonly need: TagNeed
  readonly window: Window
}

function* inOrderOfNeed(needs: readonly TagNeed[]): Generator<NeededWindow> {
  const servedFirst = needs.toSorted((a, b) => Number(b.isServed) - Number(a.isServed))
  const served = needs.filter(({ isServed }) => isServed)
  const others = needs.filter(({ isServed }) => !isServed)
  for (const need of servedFirst) yield* need.doubtful.map((window) => ({ need, window }))
  for (const some of [served, others]) {
    for (const need of some) yield* need.unchecked.map((window) => ({ need, window }))
    yield* some
      .flatMap((need) => need.checked.map(({ window, atMs }) => ({ need, window, atMs })))
      .sort((a, b) => a.atMs - b.atMs)
  }
}

class Plan {
  readonly #options: PlanOptions
  readonly #byTag = new Map<TagId, Coverage>()
  #rows = 0
  #audited = 0

  constructor(options: PlanOptions) {
    this.#options = options
  }

  get rows(): number {
    return this.#rows
  }

  get audited(): number {
    return this.#audited
  }

  /** As many cells of the window, from its newest on, as fit below `limit` rows; at least one. */
  add({ tag, rowsPerCell }: TagNeed, window: Window, limit: number): void {
    const { cellWidth } = this.#options
    const planned = this.#byTag.get(tag) ?? NOTHING_COVERED
    for (const part of without([window], planned).toReversed()) {
      const cells = Number((part.until - part.from + cellWidth - 1n) / cellWidth)
      const room = rowsPerCell === 0 ? cells : Math.floor((limit - this.#rows) / rowsPerCell)
      const taken = Math.min(cells, Math.max(1, room))
      const from =
        taken >= cells ? part.from : cellStart((part.until - 1n) as Ticks, cellWidth) - BigInt(taken - 1) * cellWidth
      this.#byTag.set(
        tag,
        addWindow(this.#byTag.get(tag) ?? NOTHING_COVERED, { from: from as Ticks, until: part.until }),
      )
      this.#rows += taken * rowsPerCell
      if (this.#rows >= limit) return
    }
  }

  audit(need: TagNeed, window: Window, limit: number): void {
    const before = this.#rows
    this.add(need, window, limit)
    this.#audited += Math.max(this.#rows - before, need.rowsPerCell, 1)
  }

  tags(): PlannedTag[] {
    return [...this.#byTag].map(([tag, windows]) => ({ tag, windows }))
  }
}

/** All cells of some tags, drawn uniformly without replacement. Memory grows with what is drawn, not with what is there. */
class CellUrn {
  readonly #stretches: { readonly need: TagNeed; readonly from: Ticks; readonly first: number }[] = []
  readonly #options: Pick<PlanOptions, 'cellWidth' | 'random'>
  readonly #drawn = new Map<number, number>()
  #left = 0

  constructor(needs: readonly TagNeed[], options: Pick<PlanOptions, 'cellWidth' | 'random'>) {
    this.#options = options
    for (const need of needs) {
      const { doubtful, unchecked, undrawn, checked } = need
      const known = [...doubtful, ...unchecked, ...undrawn, ...checked.map(({ window }) => window)]
      const all = addWindows(NOTHING_COVERED, known)
      for (const { from, until } of all) {
        const start = cellStart(from, options.cellWidth)
        this.#stretches.push({ need, from: start, first: this.#left })
        this.#left += Number((until - start + options.cellWidth - 1n) / options.cellWidth)
      }
    }
  }

  next(): NeededWindow | undefined {
    if (this.#left === 0) return undefined
    const place = Math.floor(this.#options.random() * this.#left)
    this.#left -= 1
    // The last cell left takes the place of the one drawn.
    const cell = this.#drawn.get(place) ?? place
    this.#drawn.set(place, this.#drawn.get(this.#left) ?? this.#left)
    const stretch = this.#stretches.findLast(({ first }) => first <= cell)
    if (stretch === undefined) return undefined
    const from = (stretch.from + BigInt(cell - stretch.first) * this.#options.cellWidth) as Ticks
    return { need: stretch.need, window: { from, until: (from + this.#options.cellWidth) as Ticks } }
  }
}
