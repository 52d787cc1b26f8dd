/**
 * The PI server's clock grid: every archived time is a whole number of 1/65536 s since 1970, called `grid` here, and
 * is printed as floor(grid * 10^7 / 65536) ticks. A grid number of any plausible year is far below 2^53, so it is a
 * plain number and sorts as one.
 */
export const GRID_PER_SECOND = 65_536
const TICKS_PER_SECOND = 10_000_000n
const GRID = BigInt(GRID_PER_SECOND)

export type ParseRule = 'floor' | 'round'

/** How a printed time finds its way back onto the grid. Flooring lands one step before the time it was printed from. */
export function gridFromTicks(ticks: bigint, rule: ParseRule): number {
  const scaled = ticks * GRID + (rule === 'round' ? TICKS_PER_SECOND / 2n : 0n)
  const quotient = scaled / TICKS_PER_SECOND
  return Number(scaled % TICKS_PER_SECOND < 0n ? quotient - 1n : quotient)
}

export function ticksFromGrid(grid: number): bigint {
  const second = Math.floor(grid / GRID_PER_SECOND)
  return BigInt(second) * TICKS_PER_SECOND + BigInt(fractionTicks(grid - second * GRID_PER_SECOND))
}

/** Whole ticks of `steps` grid steps, steps < 65536. 10^7 / 65536 is 78125 / 512, which stays exact in a double. */
function fractionTicks(steps: number): number {
  return Math.floor((steps * 78_125) / 512)
}

const TWO_DIGITS = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, '0'))
const SECONDS_PER_DAY = 86_400
let cachedDay = Number.NaN
let cachedDate = ''

/** A time as the server prints it: UTC, up to seven fraction digits, trailing zeros and a bare point left out. */
export function formatGrid(grid: number): string {
  const second = Math.floor(grid / GRID_PER_SECOND)
  return formatTime(second, fractionTicks(grid - second * GRID_PER_SECOND))
}

/** The same form for a time that is not on the grid, such as one the Web API computed. */
export function formatTicksTrimmed(ticks: bigint): string {
  let second = ticks / TICKS_PER_SECOND
  let fraction = ticks % TICKS_PER_SECOND
  if (fraction < 0n) {
    fraction += TICKS_PER_SECOND
    second -= 1n
  }
  return formatTime(Number(second), Number(fraction))
}

function formatTime(second: number, fraction: number): string {
  const day = Math.floor(second / SECONDS_PER_DAY)
  if (day !== cachedDay) {
    cachedDate = `${new Date(day * SECONDS_PER_DAY * 1000).toISOString().slice(0, 10)}T`
    cachedDay = day
  }
  const ofDay = second - day * SECONDS_PER_DAY
  const hour = Math.floor(ofDay / 3600)
  const minute = Math.floor((ofDay - hour * 3600) / 60)
  const text = `${cachedDate}${TWO_DIGITS[hour] ?? ''}:${TWO_DIGITS[minute] ?? ''}:${TWO_DIGITS[ofDay % 60] ?? ''}`
  if (fraction === 0) return `${text}Z`
  let digits = 7
  let trimmed = fraction
  while (trimmed % 10 === 0) {
    trimmed /= 10
    digits -= 1
  }
  return `${text}.${String(trimmed).padStart(digits, '0')}Z`
}

/** Always seven fraction digits: the form of the truth rows. */
export function formatTicksFull(ticks: bigint): string {
  const trimmed = formatTicksTrimmed(ticks)
  const point = trimmed.indexOf('.')
  return point < 0 ? `${trimmed.slice(0, -1)}.0000000Z` : `${trimmed.slice(0, -1).padEnd(point + 8, '0')}Z`
}
