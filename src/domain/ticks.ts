/**
 * Ticks: 100-ns units since 1970-01-01T00:00:00Z, a signed 64-bit count held in a bigint.
 *
 * A `Date` keeps milliseconds only; one digit lost at a page or window edge is a sample lost or repeated, so no
 * time that came from a historian is ever a `Date`.
 */
declare const ticksBrand: unique symbol
export type Ticks = bigint & { readonly [ticksBrand]: true }

export const TICKS_PER_MS = 10_000n
export const TICKS_PER_SECOND = 10_000_000n
const TICKS_PER_DAY = 864_000_000_000n
const TICKS_IN_DAY = Number(TICKS_PER_DAY)

/** PI stores times up to and in the second 2038-01-19T03:14:07Z: the end, exclusive, of "everything". */
export const END_OF_PI_TIME = 21_474_836_480_000_000n as Ticks

export function ticks(value: bigint): Ticks {
  return value as Ticks
}

export function ticksFromMs(ms: number): Ticks {
  return (BigInt(Math.floor(ms)) * TICKS_PER_MS) as Ticks
}

/** Milliseconds since 1970, rounded down (towards minus infinity). */
export function floorToMs(at: Ticks): number {
  const quotient = at / TICKS_PER_MS
  return Number(at % TICKS_PER_MS < 0n ? quotient - 1n : quotient)
}

// Samples of one page mostly share their day: the date part is parsed once per change of day.
let cachedDate = ''
let cachedDayTicks = 0n

/**
 * Parses `YYYY-MM-DDTHH:MM:SS[.f]Z` with 0 to 7 fraction digits, the form PI Web API prints and contracts.md fixes.
 * Years 0001 to 9999. Throws RangeError for anything else: another zone, an eighth digit, February 30.
 */
export function parseTicks(text: string): Ticks {
  const length = text.length
  if (
    length < 20 ||
    length > 28 ||
    text.charCodeAt(10) !== 84 || // T
    text.charCodeAt(13) !== 58 || // :
    text.charCodeAt(16) !== 58 ||
    text.charCodeAt(length - 1) !== 90 // Z
  ) {
    throw invalid(text)
  }
  const hour = twoDigits(text, 11)
  const minute = twoDigits(text, 14)
  const second = twoDigits(text, 17)
  if (hour > 23 || minute > 59 || second > 59) throw invalid(text)
  let ofDay = hour * 3600 + minute * 60 + second
  if (length > 20) {
    if (length < 22 || text.charCodeAt(19) !== 46) throw invalid(text)
    for (let i = 20; i < length - 1; i++) ofDay = ofDay * 10 + digit(text, i)
    for (let i = length - 1; i < 27; i++) ofDay *= 10
  } else {
    ofDay *= 10_000_000
  }
  const date = text.slice(0, 10)
  if (date !== cachedDate) {
    cachedDayTicks = parseDay(date)
    cachedDate = date
  }
  return (cachedDayTicks + BigInt(ofDay)) as Ticks
}

function parseDay(date: string): bigint {
  if (date.charCodeAt(4) !== 45 || date.charCodeAt(7) !== 45) throw invalid(date)
  const year = twoDigits(date, 0) * 100 + twoDigits(date, 2)
  const month = twoDigits(date, 5)
  const day = twoDigits(date, 8)
  const at = new Date(0)
  at.setUTCFullYear(year, month - 1, day)
  if (year < 1 || at.getUTCMonth() !== month - 1 || at.getUTCDate() !== day || month < 1) throw invalid(date)
  return (BigInt(at.getTime()) / 86_400_000n) * TICKS_PER_DAY
}

function twoDigits(text: string, at: number): number {
  return digit(text, at) * 10 + digit(text, at + 1)
}

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - 48
  if (!(value >= 0 && value <= 9)) throw invalid(text)
  return value
}

function invalid(text: string): RangeError {
  return new RangeError(`not a UTC time with at most 7 fraction digits: ${JSON.stringify(text.slice(0, 64))}`)
}

/** 0001-01-01 and 10000-01-01, the ends of what four year digits can say. */
const FIRST_FORMATTABLE = -621_355_968_000_000_000n
const FORMATTABLE_UNTIL = 2_534_023_008_000_000_000n

// As with parsing, the date part is made once per change of day.
let formattedDayFrom = 0n
let formattedDate = '1970-01-01T'

// Few long pieces instead of many short ones: joining them costs more than computing them.
const HOUR_MINUTE = Array.from({ length: 1440 }, (_, n) => `${twoText(Math.floor(n / 60))}:${twoText(n % 60)}:`)
const SECOND = Array.from({ length: 60 }, (_, n) => `${twoText(n)}.`)

/** `YYYY-MM-DDTHH:MM:SS.fffffffZ`, always seven fraction digits. Throws RangeError outside the years 0001 to 9999. */
export function formatTicks(at: Ticks): string {
  let ofDay = Number(at - formattedDayFrom)
  if (ofDay < 0 || ofDay >= TICKS_IN_DAY) {
    if (at < FIRST_FORMATTABLE || at >= FORMATTABLE_UNTIL) {
      throw new RangeError(`time outside the years 0001 to 9999: ${at.toString()} ticks`)
    }
    formattedDayFrom = at - ((at - FIRST_FORMATTABLE) % TICKS_PER_DAY)
    formattedDate = new Date(Number(formattedDayFrom / TICKS_PER_MS)).toISOString().slice(0, 11)
    ofDay = Number(at - formattedDayFrom)
  }
  const second = Math.floor(ofDay / 10_000_000)
  const minute = Math.floor(second / 60)
  const fraction = String(10_000_000 + (ofDay - second * 10_000_000)).slice(1)
  return `${formattedDate}${HOUR_MINUTE[minute] ?? ''}${SECOND[second - minute * 60] ?? ''}${fraction}Z`
}

function twoText(n: number): string {
  return String(n).padStart(2, '0')
}
