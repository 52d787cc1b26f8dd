/**
 * Reconcile: what two sources of one tag say about the same window, compared by stated rules. Pure, and fed page by page:
 * memory holds what one source is ahead of the other.
 *
 * Two samples are the same when their times differ by at most one step of PI's time grid (1/65536 s): servers round to it
 * in different ways. Of several candidates one that is equal is taken, else the nearest that is not the equal of another.
 * Two samples that are the same are compared:
 *
 *   value    floats of 32 bits or less by their float32 bits, other numbers by their bits; digital states by code and name;
 *            all else byte by byte. What has no value on either side, a system state of PI among it, is equal: OPC UA has
 *            only a status for it.
 *   quality  by severity: good, uncertain, bad. The finer code is each server's own.
 *
 * Within one grid step of an end of the window, a sample of one side alone is no difference: its partner may lie outside.
 */
import { canonicalBytes } from '../domain/digest.ts'
import type { Sample } from '../domain/sample.ts'
import { ticks, type Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'

/** One step of PI's time grid (1/65536 s), rounded up. */
const GRID_STEP = 160n

export type Side = 'primary' | 'fallback'

export interface ReconcileCounts {
  /** Both have them, with equal value and severity. */
  readonly equal: number
  readonly onlyPrimary: number
  readonly onlyFallback: number
  /** Both have them, with other values. */
  readonly value: number
  /** Both have them, with equal value and another severity. */
  readonly quality: number
}

export class Reconciliation {
  readonly #window: Window
  readonly #open: Record<Side, Sample[]> = { primary: [], fallback: [] }
  readonly #known: Record<Side, Ticks>
  readonly #counts = { equal: 0, onlyPrimary: 0, onlyFallback: 0, value: 0, quality: 0 }

  constructor(window: Window) {
    this.#window = window
    this.#known = { primary: window.from, fallback: window.from }
  }

  /** The side that is behind: whose next page is wanted; undefined when both are known to the end. */
  get behind(): Side | undefined {
    const { primary, fallback } = this.#known
    if (primary >= this.#window.until && fallback >= this.#window.until) return undefined
    return primary <= fallback ? 'primary' : 'fallback'
  }

  /** All that a side has up to `knownUntil`, exclusive, and was not added yet; ascending. */
  add(side: Side, samples: readonly Sample[], knownUntil: Ticks): void {
    for (const sample of samples) this.#open[side].push(sample)
    this.#known[side] = knownUntil
    this.#settle()
  }

  /** Complete once nobody is behind. */
  counts(): ReconcileCounts {
    return { ...this.#counts }
  }

  #settle(): void {
    const { primary, fallback } = this.#open
    const isDone = this.behind === undefined
    const known = this.#known.primary < this.#known.fallback ? this.#known.primary : this.#known.fallback
    for (;;) {
      const side = earlierOf(primary[0], fallback[0])
      const sample = side === undefined ? undefined : this.#open[side][0]
      if (side === undefined || sample === undefined) return
      // Its partner, or a better one for that, may be yet to come.
      if (!isDone && sample.ticks + 2n * GRID_STEP >= known) return
      this.#open[side].shift()
      this.#settleOne(side, sample)
    }
  }

  /** `sample` is the earliest of all that are open. */
  #settleOne(side: Side, sample: Sample): void {
    const others = this.#open[side === 'primary' ? 'fallback' : 'primary']
    const index = partnerOf(sample, this.#open[side], others)
    const [partner] = index === undefined ? [] : others.splice(index, 1)
    if (partner !== undefined) this.#counts[judge(sample, partner)] += 1
    else if (!this.#isAtEdge(sample.ticks)) this.#counts[side === 'primary' ? 'onlyPrimary' : 'onlyFallback'] += 1
  }

  #isAtEdge(at: Ticks): boolean {
    return at - this.#window.from < GRID_STEP || this.#window.until - at <= GRID_STEP
  }
}

function earlierOf(primary: Sample | undefined, fallback: Sample | undefined): Side | undefined {
  if (primary === undefined) return fallback === undefined ? undefined : 'fallback'
  return fallback === undefined || primary.ticks <= fallback.ticks ? 'primary' : 'fallback'
}

/** Index of its partner among the other side's samples; both sides ascend from `sample` on, which `own` has not. */
function partnerOf(sample: Sample, own: readonly Sample[], others: readonly Sample[]): number | undefined {
  let nearest: number | undefined
  for (const [i, other] of others.entries()) {
    if (other.ticks - sample.ticks > GRID_STEP) break
    if (judge(sample, other) === 'equal') return i
    if (nearest === undefined && !hasEqual(other, own)) nearest = i
  }
  return nearest
}

function hasEqual(other: Sample, own: readonly Sample[]): boolean {
  for (const sample of own) {
    if (sample.ticks - other.ticks > GRID_STEP) return false
    if (judge(sample, other) === 'equal') return true
  }
  return false
}

function judge(a: Sample, b: Sample): 'equal' | 'value' | 'quality' {
  if (!hasEqualValue(a, b)) return 'value'
  return severityOf(a) === severityOf(b) ? 'equal' : 'quality'
}

function hasEqualValue(a: Sample, b: Sample): boolean {
  if (hasNoValue(a) || hasNoValue(b)) return hasNoValue(a) && hasNoValue(b)
  if (typeof a.value === 'number' && typeof b.value === 'number') {
    return isSingle(a) || isSingle(b)
      ? Object.is(Math.fround(a.value), Math.fround(b.value))
      : Object.is(a.value, b.value)
  }
  return Buffer.compare(valueBytes(a), valueBytes(b)) === 0
}

function hasNoValue({ type }: Sample): boolean {
  return type === 'null' || type === 'state'
}

function isSingle({ type }: Sample): boolean {
  return type === 'float32' || type === 'float16'
}

/** The canonical encoding but for place, status and flags. */
function valueBytes(sample: Sample): Uint8Array {
  return canonicalBytes({ ...sample, ticks: ticks(0n), status: 0, flags: 0 })
}

function severityOf({ status }: Sample): number {
  return status >>> 30
}
