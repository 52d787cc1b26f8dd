/**
 * CellDigests: counts and digests, cell by cell, of samples that stream by. Nothing is kept of a sample but its part
 * of a sum, so memory grows with the cells that hold any.
 */
import { cellStart } from '../domain/cell.ts'
import { EMPTY_DIGEST, hashSample, type Digest } from '../domain/digest.ts'
import type { Sample } from '../domain/sample.ts'
import type { Ticks } from '../domain/ticks.ts'

interface Running {
  readonly start: Ticks
  count: number
  /** Time of the newest sample. */
  latest: Ticks
  /** Reduced modulo 2^128 when it is asked for. */
  sum: bigint
}

export class CellDigests {
  readonly #width: bigint
  readonly #cells = new Map<Ticks, Running>()
  /** The cell last touched: samples come in the order of time. */
  #latest: Running | undefined

  constructor(width: bigint) {
    this.#width = width
  }

  add(samples: readonly Sample[]): void {
    for (const sample of samples) {
      const cell = this.#cellOf(sample.ticks)
      cell.count += 1
      if (sample.ticks > cell.latest) cell.latest = sample.ticks
      cell.sum += hashSample(sample)
    }
  }

  /** Starts of the cells that hold a sample. */
  starts(): Iterable<Ticks> {
    return this.#cells.keys()
  }

  of(start: Ticks): Digest {
    const cell = this.#cells.get(start)
    return cell === undefined ? EMPTY_DIGEST : { count: cell.count, sum: BigInt.asUintN(128, cell.sum) }
  }

  /** Time of the newest sample in the cell; undefined when it holds none. */
  latest(start: Ticks): Ticks | undefined {
    return this.#cells.get(start)?.latest
  }

  #cellOf(at: Ticks): Running {
    const latest = this.#latest
    if (latest !== undefined && at >= latest.start && at < latest.start + this.#width) return latest
    const start = cellStart(at, this.#width)
    const cell = this.#cells.get(start) ?? { start, count: 0, latest: at, sum: 0n }
    this.#cells.set(start, cell)
    this.#latest = cell
    return cell
  }
}

export function areEqual(a: Digest, b: Digest): boolean {
  return a.count === b.count && a.sum === b.sum
}
