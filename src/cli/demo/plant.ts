/**
 * The plant behind the demo's historian: samples arrive as its clock goes on, and history is changed as people and
 * laboratories change it, without telling anybody. The clock moves only when it is told to.
 */
import type { Historian } from '../../simulator/historian.ts'
import type { HistorianPoint } from '../../simulator/point.ts'

const TICKS_PER_MS = 10_000n
const TICKS_PER_DAY = 86_400_000n * TICKS_PER_MS
/** Distance of the samples of a measured signal: a few in every window of ten minutes. */
const SAMPLE_EVERY = 120_000n * TICKS_PER_MS
/** Distance of those of a late batch. */
const BATCH_SPACING = 15_000n * TICKS_PER_MS
/** A signal comes back to where it was after so many samples. */
const CYCLE = 30n

export class Plant {
  readonly #historian: Historian

  constructor(historian: Historian) {
    this.#historian = historian
  }

  /** Milliseconds since 1970, by the historian's clock: the time of the whole demo. */
  readonly nowMs = (): number => Number(this.#historian.clock.now() / TICKS_PER_MS)

  /** Goes on for a while: every measured signal moves on from its last value. */
  later(ms: number): void {
    const { clock, primary } = this.#historian
    const signals = primary.points.filter(({ pointType, future }) => pointType === 'Float32' && !future)
    let at = clock.now() - (clock.now() % SAMPLE_EVERY) + SAMPLE_EVERY
    clock.advance(ms)
    for (; at <= clock.now(); at += SAMPLE_EVERY) {
      const step = (at / SAMPLE_EVERY) % CYCLE < CYCLE / 2n ? 0.25 : -0.25
      for (const point of signals) this.#historian.insert(point.id, at, lastNumber(point) + step)
    }
  }

  /** Changes one value about so many days back, and leaves no mark on it. Answers its time, in ticks. */
  editSilently(name: string, daysBack: bigint): bigint {
    const { archive } = this.#historian.point(name)
    const from = archive.lowerBound(this.#historian.clock.now() - daysBack * TICKS_PER_DAY)
    for (let row = from; row < archive.length; row++) {
      const { value, ticks } = archive.eventAt(row)
      if (typeof value !== 'number' || archive.gridAt(row + 1) === archive.gridAt(row)) continue
      this.#historian.edit(name, ticks, 0, value + 1, { substituted: false })
      return ticks
    }
    throw new RangeError(`${name} has no value to edit`)
  }

  /** Samples that come so many days late. */
  deliverLate(name: string, daysBack: bigint, samples: number): void {
    const point = this.#historian.point(name)
    const from = this.#historian.clock.now() - daysBack * TICKS_PER_DAY
    const value = lastNumber(point)
    for (let i = 0; i < samples; i++) this.#historian.insert(name, from + BigInt(i) * BATCH_SPACING, value)
  }
}

/** The newest value that is a number: a signal may end in a system state. */
function lastNumber({ archive }: HistorianPoint): number {
  for (let row = archive.length - 1; row >= 0; row--) {
    const value = archive.valueAt(row)
    if (typeof value === 'number') return value
  }
  return 0
}
