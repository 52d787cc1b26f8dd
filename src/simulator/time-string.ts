/**
 * PI time strings (PI Web API reference, "Time Strings"): a date part (`*`, `T`, `Y`, a weekday, a month, a day, a
 * year, or a date and time as .NET reads it in the invariant culture), then any number of offsets (`-8h`, `+1mo`).
 *
 * Dates without an offset of their own are read in the given zone. Full times keep all seven fraction digits. What
 * the documentation leaves open: a bare year means today's month and day in it, by analogy with a month name.
 */
import { Temporal } from 'temporal-polyfill'
import { addTimeSpan, parseTimeSpan } from './time-span.ts'
import { ianaZone } from './time-zone.ts'

export interface TimeContext {
  /** Ticks the server takes for now. */
  readonly now: bigint
  /** IANA or Windows name; UTC when absent. */
  readonly timeZone?: string | undefined
}

const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']
const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
]

/** 0001-01-01T00:00:00Z and the last tick of 9999: what .NET can hold. */
const MIN_TICKS = -621_355_968_000_000_000n
const MAX_TICKS = 2_534_023_007_999_999_999n
/** Longer than any sensible time string; a bound, because the text is a stranger's. */
const MAX_TIME_CHARS = 128

const TIME_OF_DAY = String.raw`(?<h>\d{1,2}):(?<m>\d{2})(?::(?<s>\d{2})(?:[.:](?<f>\d{1,9}))?)?(?:\s*(?<half>am|pm))?`
const ZONE = String.raw`\s*(?<zone>z|[+-]\d{2}:\d{2})?`
const DATES = [
  String.raw`(?<year>\d{4})-(?<month>\d{1,2})-(?<day>\d{1,2})`,
  String.raw`(?<day>\d{1,2})-(?<name>[a-z]{3,9})-(?<year>\d{4}|\d{2})`,
  String.raw`(?<month>\d{1,2})/(?<day>\d{1,2})/(?<year>\d{4})`,
]
const ABSOLUTE = [
  ...DATES.map((date) => new RegExp(`^${date}(?:(?:t|\\s+)${TIME_OF_DAY}${ZONE})?(?![\\d:])`, 'i')),
  new RegExp(`^${TIME_OF_DAY}${ZONE}(?![\\d:])`, 'i'),
]

/** Ticks, or undefined when the string is malformed or outside the years 0001 to 9999. */
export function resolveTime(text: string | undefined, context: TimeContext): bigint | undefined {
  const stripped = (text ?? '').trim().replace(/^(['"])(.*)\1$/, '$2')
  if (stripped.length > MAX_TIME_CHARS) return undefined
  try {
    const zone = ianaZone(context.timeZone)
    const local = Temporal.Instant.fromEpochNanoseconds(context.now * 100n).toZonedDateTimeISO(zone)
    const part = absolute(stripped, local) ?? reference(stripped, local, context.now)
    if (part === undefined) return undefined
    const at = applyOffsets(part.ticks, stripped.slice(part.length), zone)
    return at !== undefined && at >= MIN_TICKS && at <= MAX_TICKS ? at : undefined
  } catch (error) {
    // Temporal refuses dates that do not exist and zones it does not know.
    if (error instanceof RangeError) return undefined
    throw error
  }
}

interface DatePart {
  readonly ticks: bigint
  /** Characters used up; offsets follow. */
  readonly length: number
}

function absolute(text: string, local: Temporal.ZonedDateTime): DatePart | undefined {
  for (const pattern of ABSOLUTE) {
    const match = pattern.exec(text)
    if (match === null) continue
    const date = dateOf(match.groups ?? {}, local)
    const time = timeOf(match.groups ?? {})
    if (date === undefined || time === undefined) return undefined
    const zone = match.groups?.['zone']?.toUpperCase().replace('Z', '+00:00') ?? local.timeZoneId
    const at = date.toZonedDateTime({ timeZone: zone, plainTime: time.second })
    return { ticks: at.epochNanoseconds / 100n + time.fractionTicks, length: match[0].length }
  }
  return undefined
}

function dateOf(
  groups: Record<string, string | undefined>,
  local: Temporal.ZonedDateTime,
): Temporal.PlainDate | undefined {
  if (groups['day'] === undefined) return local.toPlainDate()
  const month = groups['name'] === undefined ? Number(groups['month']) : indexOfName(MONTHS, groups['name']) + 1
  const yearText = groups['year'] ?? ''
  // .NET reads two-digit years as 1930 to 2029 by default.
  const year = yearText.length === 2 ? Number(yearText) + (Number(yearText) < 30 ? 2000 : 1900) : Number(yearText)
  if (month < 1 || year < 1) return undefined
  return Temporal.PlainDate.from({ year, month, day: Number(groups['day']) }, { overflow: 'reject' })
}

function timeOf(
  groups: Record<string, string | undefined>,
): { second: Temporal.PlainTime; fractionTicks: bigint } | undefined {
  let hour = Number(groups['h'] ?? 0)
  const half = groups['half']?.toLowerCase()
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return undefined
    hour = (hour % 12) + (half === 'pm' ? 12 : 0)
  }
  const second = Temporal.PlainTime.from(
    { hour, minute: Number(groups['m'] ?? 0), second: Number(groups['s'] ?? 0) },
    { overflow: 'reject' },
  )
  // .NET rounds beyond the seventh digit.
  const fraction = Math.round(Number(`0.${groups['f'] ?? '0'}`) * 1e7)
  return { second, fractionTicks: BigInt(fraction) }
}

function reference(text: string, local: Temporal.ZonedDateTime, now: bigint): DatePart | undefined {
  const word = /^(?:\*|[a-z]+|\d+)?/i.exec(text)?.[0] ?? ''
  const length = word.length
  if (word === '' || word === '*') return { ticks: now, length }
  const day = referenceDay(word.toLowerCase(), local.toPlainDate())
  if (day === undefined) return undefined
  return { ticks: day.toZonedDateTime(local.timeZoneId).epochNanoseconds / 100n, length }
}

function referenceDay(word: string, today: Temporal.PlainDate): Temporal.PlainDate | undefined {
  if (word === 't' || word === 'today') return today
  if (word === 'y' || word === 'yesterday') return today.subtract({ days: 1 })
  if (/^\d+$/.test(word)) {
    const number = Number(word)
    if (number >= 1 && number < 32) return today.with({ day: number }, { overflow: 'reject' })
    return word.length === 4 && number >= 1970 ? today.with({ year: number }, { overflow: 'reject' }) : undefined
  }
  const weekday = indexOfName(WEEKDAYS, word) + 1
  if (weekday > 0) return today.subtract({ days: (today.dayOfWeek - weekday + 7) % 7 })
  const month = indexOfName(MONTHS, word) + 1
  return month > 0 ? today.with({ month }, { overflow: 'reject' }) : undefined
}

/** The full name or its first three letters; -1 when neither. */
function indexOfName(names: readonly string[], word: string): number {
  const wanted = word.toLowerCase()
  return names.findIndex((name) => name === wanted || name.slice(0, 3) === wanted)
}

function applyOffsets(from: bigint, text: string, zone: string): bigint | undefined {
  if (text === '') return from
  // A `+` that was not percent-encoded arrives as a blank: malformed, as on a real server.
  const offsets = text.match(/[+-][^+-]+/g)
  if (offsets?.join('') !== text) return undefined
  let at = from
  for (const offset of offsets) {
    const span = parseTimeSpan(offset)
    if (span === undefined) return undefined
    at = addTimeSpan(at, span, zone)
  }
  return at
}
