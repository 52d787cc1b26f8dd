/**
 * Time on the wire: a DateTime is a count of 100 ns since 1601, which the library splits into a Date (milliseconds) and
 * the picoseconds below it. Here the two become ticks and back, to the last 100 ns.
 *
 * The picoseconds below a tick (SourcePicoseconds) are dropped: samples that differ in them alone share a tick, and keep
 * the order they came in.
 */
import { floorToMs, TICKS_PER_MS, ticks, type Ticks } from '../../domain/ticks.ts'

const PICOSECONDS_PER_TICK = 100_000
/** 1601-01-01: a wire value of 0, which says "no time". */
export const NO_TIME = ticks(-116_444_736_000_000_000n)
/** The last tick of the year 9999; the largest wire value, which says "no end", lies far beyond it. */
export const LAST_TIME = ticks(2_534_023_007_999_999_999n)

/** What the library makes of a DateTime inside a value or a request: picoseconds below the millisecond ride along. */
export interface PreciseDate extends Date {
  picoseconds?: number
}

/** `picoseconds`: all below the millisecond, not just those below the tick. */
export function ticksOfDate(date: Date, picoseconds: number): Ticks {
  return (BigInt(date.getTime()) * TICKS_PER_MS + BigInt(Math.floor(picoseconds / PICOSECONDS_PER_TICK))) as Ticks
}

/** For a DateTime that is a value: the largest one is clamped to what can be written as text. */
export function ticksOfValue(date: PreciseDate): Ticks {
  const at = ticksOfDate(date, date.picoseconds ?? 0)
  return at > LAST_TIME ? LAST_TIME : at
}

/** The time of a row; undefined where the peer says none, or one no archive can hold. */
export function ticksOfRow(date: Date | null | undefined, picoseconds: number): Ticks | undefined {
  if (date === null || date === undefined) return undefined
  const at = ticksOfDate(date, picoseconds)
  return at > NO_TIME && at <= LAST_TIME ? at : undefined
}

/** A bound of a request; exact to 100 ns. */
export function dateOfTicks(at: Ticks): PreciseDate {
  const ms = floorToMs(at)
  const date: PreciseDate = new Date(ms)
  const below = Number(at - BigInt(ms) * TICKS_PER_MS)
  if (below !== 0) date.picoseconds = below * PICOSECONDS_PER_TICK
  return date
}
