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

/** The last tick PI can store, 2038-01-19T03:14:07Z: the end of "everything" for tags that hold future data. */
export const END_OF_PI_TIME = 21_474_836_470_000_000n as Ticks

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

let formattedSecond = 0n
let formattedText = ''

/** `YYYY-MM-DDTHH:MM:SS.fffffffZ`, always seven fraction digits. Throws RangeError outside the years 0001 to 9999. */
export function formatTicks(at: Ticks): string {
  let second = at / TICKS_PER_SECOND
  let fraction = Number(at % TICKS_PER_SECOND)
  if (fraction < 0) {
    fraction += 10_000_000
    second -= 1n
  }
  if (second !== formattedSecond || formattedText === '') {
    const iso = new Date(Number(second) * 1000).toISOString()
    if (iso.length !== 24) throw new RangeError(`time outside the years 0001 to 9999: ${at.toString()} ticks`)
    formattedText = iso.slice(0, 20)
    formattedSecond = second
  }
  return `${formattedText}${String(fraction).padStart(7, '0')}Z`
}
