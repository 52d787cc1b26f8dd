/** What the shapes of banyan.yaml are made of: scalars with their rules, and messages for values that break them. */
import { z } from 'zod'
import {
  DURATION_PATTERN,
  parseDuration,
  parseQuietHours,
  parseTime,
  QUIET_HOURS_PATTERN,
  TIME_FORMS,
} from './scalars.ts'

/** Beyond this a historian is not being protected any more. */
const MAX_CONCURRENCY = 64
const MAX_REQUESTS_PER_SECOND = 1000
const MAX_ROWS_IN_FLIGHT = 10_000_000
const MAX_NAME_LENGTH = 64

export const DAY_MS = 86_400_000
export const HOUR_MS = 3_600_000
export const MINUTE_MS = 60_000
export const SECOND_MS = 1000

/** A message for a wrong value that leaves a missing key to the general message. */
export const must = (text: string) => ({
  error: (issue: { readonly input?: unknown }): string | undefined =>
    issue.input === undefined ? undefined : `must be ${text}`,
})

interface DurationBounds {
  readonly minMs: number
  readonly maxMs: number
  readonly range: string
}

export function duration(description: string, bounds: DurationBounds) {
  const rule = must('a duration such as 10s, 15m, 24h or 30d')
  return z
    .string(rule)
    .regex(DURATION_PATTERN, rule)
    .transform((text, context) => {
      const ms = parseDuration(text)
      if (ms !== undefined && ms >= bounds.minMs && ms <= bounds.maxMs) return ms
      context.addIssue({ code: 'custom', message: `must be a duration between ${bounds.range}` })
      return z.NEVER
    })
    .meta({ description })
}

/** How long the other end may be away before a job stops. */
export function outage(description: string) {
  return duration(description, { minMs: 0, maxMs: 30 * DAY_MS, range: '0s and 30d' })
}

/** Deadline of one request to a historian. */
export function requestTimeout() {
  const bounds = { minMs: SECOND_MS, maxMs: HOUR_MS, range: '1s and 1h' }
  return duration('Deadline of one request. Default 60s.', bounds).prefault('60s')
}

export function time(description: string) {
  const rule = must(`a time such as ${TIME_FORMS}`)
  return z
    .string(rule)
    .transform((text, context) => {
      const at = parseTime(text)
      if (at !== undefined) return at
      context.addIssue({ code: 'custom', message: `must be a time such as ${TIME_FORMS}` })
      return z.NEVER
    })
    .meta({ description })
}

export const text = (description: string) => z.string().min(1, must('a text that is not empty')).meta({ description })

export const count = (description: string, max: number) => z.int().min(1).max(max).meta({ description })

export const name = z
  .string()
  .max(MAX_NAME_LENGTH)
  .regex(/^[a-z0-9-]+$/, must('lower-case letters, digits and hyphens'))

export const environmentName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, must('the name of an environment variable'))

export const timeZone = z.string().refine(isTimeZone, must('an IANA time zone such as Europe/Berlin'))

const quietHours = z
  .string()
  .regex(QUIET_HOURS_PATTERN, must('hours of the day such as 22:00-23:30'))
  .transform((hours, context) => {
    const parsed = parseQuietHours(hours)
    if (parsed !== undefined) return parsed
    context.addIssue({ code: 'custom', message: 'must end at another minute than it begins' })
    return z.NEVER
  })

interface LimitDefaults {
  readonly concurrency: number
  readonly requestsPerSecond: number
  readonly rowsInFlight: number
}

/** The keys of `limits` that every kind of historian has. */
export function limitKeys(defaults: LimitDefaults) {
  const { concurrency, requestsPerSecond, rowsInFlight } = defaults
  return {
    concurrency: count(`Requests at the same time, at most. Default ${String(concurrency)}.`, MAX_CONCURRENCY).default(
      concurrency,
    ),
    requestsPerSecond: z
      .number()
      .positive()
      .max(MAX_REQUESTS_PER_SECOND)
      .default(requestsPerSecond)
      .meta({ description: `Requests per second, at most. Default ${String(requestsPerSecond)}.` }),
    rowsInFlight: count(
      `Samples that requests under way may bring back, summed. Default ${String(rowsInFlight)}.`,
      MAX_ROWS_IN_FLIGHT,
    ).default(rowsInFlight),
    quietHours: z
      .array(quietHours)
      .default([])
      .meta({ description: 'Hours of the day in which nothing is read, e.g. "22:00-23:30". Default none.' }),
    timeZone: timeZone.default('UTC').meta({ description: 'IANA zone of the quiet hours. Default UTC.' }),
  }
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}
