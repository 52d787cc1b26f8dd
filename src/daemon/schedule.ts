/**
 * Schedule: runs one task again and again, every so often or at the times of a cron pattern. It never overlaps itself:
 * a due time that finds the last run still going is recorded as skipped, never queued.
 *
 * - A fixed period counts from the last recorded run, also one of an earlier process: a restart neither runs at once
 *   nor waits a whole period.
 * - A cron time is local time. Where summer time begins, a time that does not exist that day (02:30) runs at the first
 *   that does (03:00); where it ends, a time that exists twice runs once, the first time. Patterns that name several
 *   times (`0,30 2 * * *`) follow the clock instead: skipped when it skips, run twice when it repeats.
 * - A cron time that passed while the bridge was stopped or suspended is made up for within an hour; later it is
 *   recorded as skipped, for who asks for 02:00 does not mean noon. A run that was cut off is carried on at once.
 *
 * Due times are watched by the wall clock, so that neither a suspended machine nor a corrected clock loses one.
 */
import { Cron } from 'croner'
import type { Timing } from '../config/config.ts'
import { messageOf } from '../domain/errors.ts'
import type { ScheduleOutcome, ScheduleTable } from '../store/schedules.ts'
import type { LiveSchedule } from '../telemetry/live-status.ts'
import { isAbort } from '../util/abort.ts'

/** How long a timer may sleep: longer, and a wall clock that jumps meanwhile is noticed too late. */
const LONGEST_SLEEP_MS = 30_000
/** How late a cron time may still be run. */
const CRON_GRACE_MS = 60 * 60_000
/** A clock set back by more than this was wrong before; due times planned by it are planned again. */
const CLOCK_STEP_MS = 60_000

export interface ScheduleParts {
  /** Names it in the record; no other schedule has it. */
  readonly name: string
  readonly timing: Timing
  /** One run. Answers in words what it did; ends soon when the signal aborts. */
  readonly task: (signal: AbortSignal) => Promise<string>
  /** Where runs are recorded. */
  readonly record: Pick<ScheduleTable, 'start' | 'end' | 'skipped' | 'last' | 'recent'>
  /** Told of every failed run, and of a record that cannot be written. The schedule goes on. */
  readonly onFailed: (error: unknown) => void
}

export class Schedule {
  readonly #parts: ScheduleParts
  readonly #cron: Cron | undefined
  readonly #abort = new AbortController()
  #state: 'new' | 'started' | 'stopped' = 'new'
  #timer: NodeJS.Timeout | undefined
  /** Infinity before `start`. */
  #nextAtMs = Infinity
  /** The wall clock at the last look. */
  #seenAtMs = -Infinity
  #current: Promise<ScheduleOutcome> | undefined
  #following: Promise<ScheduleOutcome> | undefined
  #lastEndedAtMs: number | undefined
  #lastOutcome: string | undefined
  #skipped = 0
  #failed = 0

  constructor(parts: ScheduleParts) {
    const { timing, record, name } = parts
    this.#parts = parts
    if (timing.kind === 'cron') this.#cron = new Cron(timing.cron, { timezone: timing.timeZone, mode: '5-part' })
    const last = record.last(name)
    this.#lastEndedAtMs = last?.endedAtMs
    this.#lastOutcome = last && outcomeText(last.outcome, last.detail)
  }

  /** Once. */
  start(): void {
    this.#state = 'started'
    this.#nextAtMs = this.#firstDueMs(Date.now())
    this.#look()
  }

  /** Runs now, started or not, or right after the run that is going on; all who wait for that share it. */
  async runNow(): Promise<ScheduleOutcome> {
    if (this.#current === undefined) {
      const now = Date.now()
      if (this.#state === 'started') this.#nextAtMs = this.#dueAfterMs(now)
      return this.#run()
    }
    this.#following ??= this.#current.then(() => {
      this.#following = undefined
      return this.runNow()
    })
    return this.#following
  }

  state(): LiveSchedule {
    return {
      name: this.#parts.name,
      running: this.#current !== undefined,
      nextAtMs: Number.isFinite(this.#nextAtMs) ? this.#nextAtMs : undefined,
      lastEndedAtMs: this.#lastEndedAtMs,
      lastOutcome: this.#lastOutcome,
      skipped: this.#skipped,
      failed: this.#failed,
    }
  }

  /** Begins no further run. Resolves when the one going on has ended: by itself, or because `abort` told it to. */
  async stop(abort: AbortSignal): Promise<void> {
    this.#state = 'stopped'
    this.#nextAtMs = Infinity
    clearTimeout(this.#timer)
    const onAbort = (): void => this.#abort.abort(abort.reason)
    if (abort.aborted) onAbort()
    abort.addEventListener('abort', onAbort, { once: true })
    await this.#current
    abort.removeEventListener('abort', onAbort)
  }

  #look(): void {
    const now = Date.now()
    if (now < this.#seenAtMs - CLOCK_STEP_MS) this.#nextAtMs = this.#dueAfterMs(now)
    this.#seenAtMs = now
    if (now >= this.#nextAtMs) this.#due(this.#nextAtMs, now)
    if (this.#state !== 'started') return
    this.#timer = setTimeout(() => this.#look(), Math.min(this.#nextAtMs - now, LONGEST_SLEEP_MS))
  }

  #due(dueAtMs: number, now: number): void {
    this.#nextAtMs = this.#dueAfterMs(now)
    if (this.#current !== undefined) this.#skip(dueAtMs, 'the run before it was still going')
    else if (this.#cron !== undefined && now - dueAtMs > CRON_GRACE_MS) this.#skip(dueAtMs, 'nothing ran at that time')
    else void this.#run()
  }

  #firstDueMs(now: number): number {
    const { record, name } = this.#parts
    const last = record.last(name)?.outcome
    if (last === 'interrupted' || last === 'running') return now
    const [newest] = record.recent(name, 1)
    if (newest === undefined) return this.#cron === undefined ? now : this.#dueAfterMs(now)
    // A clock set back since then must not put the next run further away than a period.
    return this.#dueAfterMs(Math.min(newest.startedAtMs, now))
  }

  /** What is due next when the last was at `ms`. */
  #dueAfterMs(ms: number): number {
    const { timing } = this.#parts
    if (timing.kind === 'every') return ms + timing.everyMs
    return this.#cron?.nextRun(new Date(ms))?.getTime() ?? Infinity
  }

  #skip(dueAtMs: number, reason: string): void {
    this.#skipped++
    try {
      this.#parts.record.skipped(this.#parts.name, `due at ${new Date(dueAtMs).toISOString()}, but ${reason}`)
    } catch (error) {
      this.#parts.onFailed(error)
    }
  }

  #run(): Promise<ScheduleOutcome> {
    if (this.#state === 'stopped') return Promise.resolve('interrupted')
    this.#current = this.#runOnce().finally(() => {
      this.#current = undefined
    })
    return this.#current
  }

  async #runOnce(): Promise<ScheduleOutcome> {
    const { name, task, record, onFailed } = this.#parts
    const { signal } = this.#abort
    let id: number | undefined
    let outcome: ScheduleOutcome = 'done'
    let detail: string
    try {
      id = record.start(name)
      detail = await task(signal)
    } catch (error) {
      outcome = isAbort(error, signal) ? 'interrupted' : 'failed'
      detail = messageOf(error)
      if (outcome === 'failed') {
        this.#failed++
        onFailed(error)
      }
    }
    this.#lastEndedAtMs = Date.now()
    this.#lastOutcome = outcomeText(outcome, detail)
    try {
      if (id !== undefined) record.end(id, outcome, detail)
    } catch (error) {
      onFailed(error)
    }
    return outcome
  }
}

function outcomeText(outcome: string, detail: string): string {
  return detail === '' ? outcome : `${outcome}: ${detail}`
}
