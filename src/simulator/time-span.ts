/**
 * Durations of PI time strings: `8h`, `1.5m`, `1mo`, `03:45:30.25`, with an optional sign. Up to hours they are an
 * exact number of ticks; from days on they follow the calendar of a zone, so that a day may last 23 or 25 hours.
 */
import { Temporal } from 'temporal-polyfill'
import { ianaZone } from './time-zone.ts'

export interface TimeSpan {
  readonly months: number
  readonly days: number
  readonly ticks: bigint
}

const TICKS_PER_MS = 10_000
const EXACT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const DAYS: Readonly<Record<string, number>> = { d: 1, w: 7 }
const MONTHS: Readonly<Record<string, number>> = { mo: 1, y: 12 }
/** Ten thousand years: beyond every time there is, and within what the calendar arithmetic can do. */
const MAX_DAYS = 3_652_500
const MAX_MONTHS = 120_000
const NAMES: Readonly<Record<string, string>> = {
  millisecond: 'ms',
  sec: 's',
  second: 's',
  min: 'm',
  minute: 'm',
  hr: 'h',
  hour: 'h',
  day: 'd',
  week: 'w',
  month: 'mo',
  year: 'y',
  // Weekdays and year days: counted as days, the documentation does not say how they would differ.
  wd: 'd',
  yd: 'd',
}
const COUNTED = /^([+-]?)\s*(\d{1,12}(?:\.\d{1,9})?)\s*([a-z]+)$/i
const CLOCK = /^([+-]?)(\d{1,6}):(\d{2})(?::(\d{2}(?:\.\d{1,7})?))?$/

/** Undefined when malformed: no unit, an unknown unit, a fraction of a day or longer. */
export function parseTimeSpan(text: string): TimeSpan | undefined {
  const clock = CLOCK.exec(text.trim())
  if (clock !== null) {
    const [, sign, hours, minutes, seconds] = clock
    return exact(sign, Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds ?? 0) * 1000)
  }
  const counted = COUNTED.exec(text.trim())
  if (counted === null) return undefined
  const [, sign, amount = '', unitText = ''] = counted
  const unit = unitOf(unitText.toLowerCase())
  const ms = EXACT_MS[unit]
  if (ms !== undefined) return exact(sign, Number(amount) * ms)
  const whole = (sign === '-' ? -1 : 1) * Number(amount)
  const days = whole * (DAYS[unit] ?? 0)
  const months = whole * (MONTHS[unit] ?? 0)
  const isKnown = unit in DAYS || unit in MONTHS
  const isSane = Number.isInteger(whole) && Math.abs(days) <= MAX_DAYS && Math.abs(months) <= MAX_MONTHS
  return isKnown && isSane ? { months, days, ticks: 0n } : undefined
}

function unitOf(text: string): string {
  return NAMES[text] ?? NAMES[text.replace(/s$/, '')] ?? text
}

function exact(sign: string | undefined, ms: number): TimeSpan {
  const ticks = BigInt(Math.round(ms * TICKS_PER_MS))
  return { months: 0, days: 0, ticks: sign === '-' ? -ticks : ticks }
}

/** `at` moved by `count` spans. Throws RangeError where the calendar ends, and for a zone nobody knows. */
export function addTimeSpan(at: bigint, span: TimeSpan, timeZone?: string, count = 1): bigint {
  const exactly = at + span.ticks * BigInt(count)
  if (span.months === 0 && span.days === 0) return exactly
  const moved = Temporal.Instant.fromEpochNanoseconds(exactly * 100n)
    .toZonedDateTimeISO(ianaZone(timeZone))
    .add({ months: span.months * count, days: span.days * count })
  return moved.epochNanoseconds / 100n
}

/** Leads nowhere. */
export function isEmptySpan(span: TimeSpan): boolean {
  return span.months === 0 && span.days === 0 && span.ticks === 0n
}

/** Leads backward in time. */
export function isNegativeSpan(span: TimeSpan): boolean {
  return span.months < 0 || span.days < 0 || span.ticks < 0n
}
