/** The text forms of scalar values in banyan.yaml and on the command line: durations, times, quiet hours, addresses. */
import { isIPv6 } from 'node:net'
import { parseTicks, TICKS_PER_MS, ticks, type Ticks } from '../domain/ticks.ts'
import type { QuietHours } from './config.ts'

export const DURATION_PATTERN = /^(\d{1,9})(ms|s|m|h|d)$/
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of `10s 15m 24h 30d`; undefined when the text is none of these. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION_PATTERN.exec(text)
  const unitMs = UNIT_MS[match?.[2] ?? '']
  return match === null || unitMs === undefined ? undefined : Number(match[1]) * unitMs
}

/** The shortest exact text: `90s`, `15m`, `24h` stays `1d`. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's']) {
    const unitMs = UNIT_MS[unit] ?? 1
    if (ms >= unitMs && ms % unitMs === 0) return `${String(ms / unitMs)}${unit}`
  }
  return `${String(ms)}ms`
}

export const TIME_FORMS = '2015-01-01, 2015-01-01T06:00:00Z or 2015-01-01T06:00:00.1234567+01:00'
const DATE = /^\d{4}-\d{2}-\d{2}$/
const WITH_OFFSET = /^(.+T.+)([+-])(\d{2}):([0-5]\d)$/
/** The largest offset in use is +14:00. */
const MAX_OFFSET_HOURS = 14

/**
 * A point in time: a date (its first instant, UTC), or a date and time with `Z` or an offset, up to seven fraction
 * digits. A time without zone is refused: the historian's, the operator's and the bridge's zones may differ.
 * Undefined when the text is no such time.
 */
export function parseTime(text: string): Ticks | undefined {
  try {
    if (DATE.test(text)) return parseTicks(`${text}T00:00:00Z`)
    const match = WITH_OFFSET.exec(text)
    if (match === null) return parseTicks(text)
    const [, local = '', sign = '+', hours = '0', minutes = '0'] = match
    if (Number(hours) > MAX_OFFSET_HOURS) return undefined
    const offsetMs = BigInt((Number(hours) * 60 + Number(minutes)) * 60_000)
    const offset = (sign === '+' ? offsetMs : -offsetMs) * TICKS_PER_MS
    return ticks(parseTicks(`${local}Z`) - offset)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

export const MINUTES_PER_DAY = 1440
export const QUIET_HOURS_PATTERN = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/

/** `22:00-23:30`, `22:00-02:00` over midnight. Undefined when malformed or empty. */
export function parseQuietHours(text: string): QuietHours | undefined {
  const match = QUIET_HOURS_PATTERN.exec(text)
  if (match === null) return undefined
  const fromMinute = Number(match[1]) * 60 + Number(match[2])
  const untilMinute = Number(match[3]) * 60 + Number(match[4])
  return fromMinute === untilMinute ? undefined : { fromMinute, untilMinute }
}

export function formatQuietHours(quiet: QuietHours): string {
  return `${clockTime(quiet.fromMinute)}-${clockTime(quiet.untilMinute)}`
}

function clockTime(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
}

/** Do these leave no minute of the day? */
export function coverWholeDay(quiet: readonly QuietHours[]): boolean {
  for (let minute = 0; minute < MINUTES_PER_DAY; minute++) {
    if (!quiet.some((q) => isInside(q, minute))) return false
  }
  return true
}

function isInside(q: QuietHours, minute: number): boolean {
  if (q.fromMinute < q.untilMinute) return minute >= q.fromMinute && minute < q.untilMinute
  return minute >= q.fromMinute || minute < q.untilMinute
}

const LISTEN_PATTERN = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)):(\d{1,5})$/
const MAX_PORT = 65_535

/** `127.0.0.1:8080`, `[::1]:8080`, `bridge.example.org:8080`. Undefined when it is none of these, or names no port. */
export function parseListen(text: string): { host: string; port: number } | undefined {
  const match = LISTEN_PATTERN.exec(text)
  if (match === null || (match[1] !== undefined && !isIPv6(match[1]))) return undefined
  const host = (match[1] ?? match[2] ?? '').toLowerCase()
  const port = Number(match[3])
  return port >= 1 && port <= MAX_PORT ? { host, port } : undefined
}

export function formatListen({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${String(port)}`
}
