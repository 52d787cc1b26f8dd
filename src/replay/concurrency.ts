/**
 * How many requests a historian may carry at once, decided by how it answers: additive increase while answers come
 * as fast as usual, multiplicative decrease when they slow down or are refused. Pure; the governor obeys it.
 */

/** A slowdown below this is noise, whatever the ratio to the median. */
const SLOW_FLOOR_MS = 250
const SLOW_RATIO = 3
/** Answers compared per size class: enough for a stable median, few enough to follow the time of day. */
const REMEMBERED = 63
/** Fewer than this and the median says nothing. */
const ENOUGH = 8
/** One decrease per this time: answers already under way would otherwise punish one hiccup many times. */
const DECREASE_EVERY_MS = 1000

export class AdaptiveConcurrency {
  readonly #cap: number
  #allowed: number
  #decreasedAtMs = -Infinity
  /** Recent latencies by size class (decimal digits of the row count): a page of 10,000 is slow, not a slowdown. */
  readonly #latencies = new Map<number, number[]>()

  constructor(cap: number) {
    this.#cap = cap
    this.#allowed = Math.max(1, cap / 2)
  }

  /** Between 1 and the cap. */
  get allowed(): number {
    return Math.max(1, Math.floor(this.#allowed))
  }

  answered(rows: number, latencyMs: number, nowMs: number): void {
    const sizeClass = String(Math.max(1, rows)).length
    const recent = this.#latencies.get(sizeClass) ?? []
    this.#latencies.set(sizeClass, recent)
    const usual = recent.length < ENOUGH ? Infinity : median(recent)
    recent.push(latencyMs)
    if (recent.length > REMEMBERED) recent.shift()
    if (latencyMs > SLOW_FLOOR_MS && latencyMs > SLOW_RATIO * usual) this.refused(nowMs, 0.7)
    else this.#allowed = Math.min(this.#cap, this.#allowed + 1 / this.allowed)
  }

  /** `factor`: what is left of the allowance. */
  refused(nowMs: number, factor = 0.5): void {
    if (nowMs - this.#decreasedAtMs < DECREASE_EVERY_MS) return
    this.#decreasedAtMs = nowMs
    this.#allowed = Math.max(1, this.#allowed * factor)
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? 0
}
