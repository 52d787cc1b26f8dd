/**
 * Telling a historian that is down from a tag that cannot be read: when a read failed for want of an answer, every tag
 * waits here together while the historian is asked whether it is there. OutageWatch asks until it is back, for a job
 * that is to end; AliveCheck asks once, for a daemon that has its own way of waiting.
 */
import { BanyanError, isBanyanError } from '../domain/errors.ts'
import type { HistorianSource } from '../source/source.ts'
import type { Logger } from '../telemetry/logger.ts'
import { sleep } from '../util/abort.ts'
import type { Outage } from './checked-pages.ts'

const PROBE_EVERY_MS = 2_000

export class OutageWatch implements Outage {
  readonly #source: HistorianSource
  readonly #outageMs: number
  readonly #logger: Logger
  #waiting: Promise<void> | undefined

  constructor(source: HistorianSource, outageMs: number, logger: Logger) {
    this.#source = source
    this.#outageMs = outageMs
    this.#logger = logger
  }

  /** Resolves when the historian answers a probe; rejects with BANYAN_SOURCE_DOWN when it did not for `outageMs`. */
  over(signal: AbortSignal): Promise<void> {
    this.#waiting ??= this.#probeUntilAnswered(signal).finally(() => {
      this.#waiting = undefined
    })
    return this.#waiting
  }

  async #probeUntilAnswered(signal: AbortSignal): Promise<void> {
    const startedMs = Date.now()
    for (;;) {
      try {
        await this.#source.probe(signal)
        return
      } catch (error) {
        if (!saysDown(error, signal)) throw error
        if (!error.retryable || Date.now() - startedMs > this.#outageMs) {
          throw down(this.#source, error, 'nothing is lost; run the same backfill again when the historian is back')
        }
        this.#logger.warn(
          { component: 'replay', historian: this.#source.historian, code: error.code, error: error.message },
          'historian does not answer, waiting',
        )
      }
      await sleep(PROBE_EVERY_MS, signal)
    }
  }
}

/** Serves callers under one signal. */
export class AliveCheck implements Outage {
  readonly #source: HistorianSource
  #asking: Promise<void> | undefined

  constructor(source: HistorianSource) {
    this.#source = source
  }

  /** Resolves when the historian answers a probe; rejects with BANYAN_SOURCE_DOWN when it does not. */
  over(signal: AbortSignal): Promise<void> {
    this.#asking ??= this.#ask(signal).finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  async #ask(signal: AbortSignal): Promise<void> {
    try {
      await this.#source.probe(signal)
    } catch (error) {
      throw saysDown(error, signal)
        ? down(this.#source, error, 'nothing is lost; it goes on when the historian is back')
        : error
    }
  }
}

/** Credentials that are refused are no outage, a defect of ours is none, nor is being told to stop. */
function saysDown(error: unknown, signal: AbortSignal): error is BanyanError {
  if (signal.aborted || !isBanyanError(error)) return false
  return !isBanyanError(error, 'BANYAN_SOURCE_UNAUTHORIZED', 'BANYAN_INTERNAL')
}

/** A code of its own: what a probe fails with would pass for the failure of the one tag that waited. */
function down(source: HistorianSource, cause: BanyanError, hint: string): BanyanError {
  const { message, context } = cause
  return new BanyanError('BANYAN_SOURCE_DOWN', `historian ${source.historian}: ${message}`, { hint, context, cause })
}
