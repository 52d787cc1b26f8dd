/**
 * Telling a historian that is down from a tag that cannot be read: when a read failed for want of an answer, every tag
 * waits here together while the historian is asked whether it is there. OutageWatch asks until it is back, for a job
 * that is to end; AliveCheck asks once, for a daemon that has its own way of waiting.
 */
import { BanyanError } from '../domain/errors.ts'
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
        if (!(error instanceof BanyanError) || error.code === 'BANYAN_SOURCE_UNAUTHORIZED') throw error
        if (!error.retryable || Date.now() - startedMs > this.#outageMs) {
          throw new BanyanError('BANYAN_SOURCE_DOWN', `historian ${this.#source.historian}: ${error.message}`, {
            hint: 'nothing is lost; run the same backfill again when the historian is back',
            context: error.context,
            cause: error,
          })
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

  /** Rejects with what the probe rejects with. */
  over(signal: AbortSignal): Promise<void> {
    this.#asking ??= this.#source
      .probe(signal)
      .then(() => undefined)
      .finally(() => {
        this.#asking = undefined
      })
    return this.#asking
  }
}
