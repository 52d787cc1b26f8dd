/** Requests that may be repeated: attributes, references, paths. Each passes the gate and is tried again for what passes. */
import { messageOf } from '../../domain/errors.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { abortable } from '../../util/abort.ts'
import { type RetryPolicy, withRetry } from '../../util/retry.ts'
import type { RequestGate } from '../source.ts'
import type { Connection, UaSession } from './connection.ts'
import { isContradiction } from './errors.ts'
import type { ServerLimits } from './greeting.ts'
import { DEFAULT_MAX_ATTEMPTS, DEFAULT_RETRY_DELAY_MS, MAX_RETRY_DELAY_MS } from './options.ts'
import type { Request, Response, ResponseClass } from './wire.ts'

/** What contradicts itself once may have been cut by somebody else; twice, it is what the server says. */
const CONTRADICTION_ATTEMPTS = 3

export interface RequestsParts {
  readonly connection: Connection
  readonly gate: RequestGate
  readonly logger: Logger
  readonly maxAttempts?: number | undefined
  readonly retryDelayMs?: number | undefined
}

/** A request through the gate, on the session of the attempt. */
export type Send = <R extends Response>(request: Request, kind: ResponseClass<R>, what: string) => Promise<R>

export class Requests {
  readonly #parts: RequestsParts
  readonly #policy: RetryPolicy

  constructor(parts: RequestsParts) {
    this.#parts = parts
    this.#policy = retryPolicy(parts)
  }

  /**
   * Runs `body` on one session, from its first request to its last, and again from the start after a failure that may
   * pass. It must have no effect but its result.
   */
  attempt<T>(body: (session: UaSession, send: Send) => Promise<T>, signal: AbortSignal): Promise<T> {
    const { connection, gate } = this.#parts
    const passing = <R>(run: () => Promise<R>): Promise<R> => abortable(gate.run(0, run, signal), signal)
    const once = async (): Promise<T> => {
      const session = await passing(() => connection.session())
      return body(session, (request, kind, what) => passing(() => session.wire.call(request, kind, what)))
    }
    return withRetry(this.#policy, once, signal)
  }

  /** One request, built for the session it is sent on: node ids have their indexes there. */
  call<R extends Response>(
    build: (session: UaSession) => Request,
    kind: ResponseClass<R>,
    what: string,
    signal: AbortSignal,
  ): Promise<{ readonly session: UaSession; readonly response: R }> {
    const body = async (session: UaSession, send: Send): Promise<{ session: UaSession; response: R }> => {
      return { session, response: await send(build(session), kind, what) }
    }
    return this.attempt(body, signal)
  }

  /** What the server states about itself. */
  async limits(signal: AbortSignal): Promise<ServerLimits> {
    return this.#parts.connection.limits ?? (await this.session(signal)).limits
  }

  /** The session of now, for what it knows about the server. */
  session(signal: AbortSignal): Promise<UaSession> {
    return this.attempt(async (session) => session, signal)
  }
}

export function retryPolicy({
  logger,
  maxAttempts,
  retryDelayMs,
}: Omit<RequestsParts, 'connection' | 'gate'>): RetryPolicy {
  const attempts = maxAttempts ?? DEFAULT_MAX_ATTEMPTS
  return {
    costOf: (error) => costOf(error, attempts),
    waitAskedMs: () => 0,
    firstDelayMs: retryDelayMs ?? DEFAULT_RETRY_DELAY_MS,
    maxDelayMs: MAX_RETRY_DELAY_MS,
    onRetry: (error, attempt, delayMs) =>
      logger.debug({ attempt, delayMs: Math.round(delayMs), error: messageOf(error) }, 'request failed, trying again'),
  }
}

/** The part of its patience a failure costs a request. */
function costOf(error: unknown, maxAttempts: number): number {
  if (isContradiction(error)) return 1 / Math.min(CONTRADICTION_ATTEMPTS, maxAttempts)
  return error instanceof Error && 'retryable' in error && error.retryable === true ? 1 / maxAttempts : 1
}
