/**
 * Logs: one line per event on stderr, JSON off a terminal, pretty on one. The message is a constant lower-case
 * phrase, facts are fields. A happy hour logs nothing above info; error = a person must act, warn = degraded but
 * self-healing, info = phase changes, debug = per window, trace = per page.
 */
import { pino } from 'pino'

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug', 'trace'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

type LogFields = Readonly<Record<string, unknown>>

/** The part of a pino logger Banyan uses; adapters and tests depend on this shape, not on pino. */
export interface Logger {
  error(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  debug(fields: LogFields, message: string): void
  trace(fields: LogFields, message: string): void
  child(fields: LogFields): Logger
}

/** `redact`: dotted field paths whose values must never be printed. */
export function createLogger(level: LogLevel, redact: readonly string[] = []): Logger {
  const options = { level, base: null, redact: [...redact] }
  if (!process.stderr.isTTY) return pino(options, pino.destination({ fd: 2, sync: true }))
  return pino({
    ...options,
    transport: { target: 'pino-pretty', options: { destination: 2, ignore: 'pid,hostname', colorize: true } },
  })
}

const ignore = (): void => undefined

/** For callers that want no logs at all. */
export const silentLogger: Logger = {
  error: ignore,
  warn: ignore,
  info: ignore,
  debug: ignore,
  trace: ignore,
  child: () => silentLogger,
}
