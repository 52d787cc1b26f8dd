/**
 * Routing board: what every workload's routing is, held in memory for whoever asks over HTTP, and who waits for the next
 * change. It looks at the chain of decisions several times a second, whatever process made them: a flip is told within
 * a second without the log.
 *
 * The kill switch is looked at for every answer, and overrules what the chain says, or the lack of it. A chain that
 * cannot be read for half a minute is told as such: a rollback may be in it, and nobody would be sent back.
 */
import { readKillSwitch, type KillSwitch } from '../cutover/kill-switch.ts'
import type { RoutingRecord } from '../cutover/routing.ts'
import { messageOf } from '../domain/errors.ts'
import type { CutoverDesk } from '../app/cutover/desk.ts'
import type { Standing } from '../app/cutover/outcome.ts'
import type { LiveWorkload } from '../telemetry/live-status.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { RoutingSource, RoutingState } from '../web/routing.ts'

const LOOK_EVERY_MS = 250
/** The store may be busy, or its disk full for a moment: that must not send every consumer back. */
const BELIEVED_FOR_MS = 30_000

export interface RoutingBoardParts {
  /** Of the configuration in force. */
  readonly desk: () => Pick<CutoverDesk, 'head' | 'standings'>
  readonly killSwitchFile: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly logger: Logger
  /** Milliseconds, monotonic. */
  readonly clock: () => number
}

export class RoutingBoard implements RoutingSource {
  readonly #parts: RoutingBoardParts
  readonly #waiting = new Set<() => void>()
  #timer: NodeJS.Timeout | undefined
  #records: ReadonlyMap<string, RoutingRecord> = new Map()
  #workloads: readonly LiveWorkload[] = []
  #lastSeq: number | undefined
  #readAtMs = -Infinity
  #trouble: string | undefined
  #isKilled = false

  constructor(parts: RoutingBoardParts) {
    this.#parts = parts
  }

  start(): void {
    this.look()
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS)
  }

  close(): void {
    clearInterval(this.#timer)
    this.#wake()
  }

  /** Looks now, and wakes who waits if anything is another. Never throws. */
  look(): void {
    const wasKilled = this.#isKilled
    const before = this.#records
    const killSwitch = this.killSwitch()
    this.#isKilled = killSwitch.isOn
    if (this.#isKilled !== wasKilled) {
      const message = this.#isKilled
        ? 'kill switch is on: every consumer is sent to the historian'
        : 'kill switch is off'
      this.#parts.logger.warn({ by: killSwitch.by }, message)
    }
    this.#read()
    if (this.#isKilled !== wasKilled || this.#records !== before) this.#wake()
  }

  killSwitch(): KillSwitch {
    return readKillSwitch(this.#parts.environment, this.#parts.killSwitchFile)
  }

  /** As of the last look. */
  workloads(): readonly LiveWorkload[] {
    return this.#isCurrent() ? this.#workloads : []
  }

  /** Why the chain cannot be read; undefined when it can. */
  get trouble(): string | undefined {
    return this.#trouble
  }

  routingOf(workload: string): RoutingState {
    const record = this.#records.get(workload)
    if (this.killSwitch().isOn) return { kind: 'killed', record }
    if (!this.#isCurrent()) return { kind: 'unavailable', reason: 'what was decided cannot be read' }
    return record === undefined ? { kind: 'unknown' } : { kind: 'record', record }
  }

  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      if (signal.aborted) done()
      else {
        this.#waiting.add(done)
        signal.addEventListener('abort', done, { once: true })
      }
    })
  }

  #read(): void {
    const { desk, clock, logger } = this.#parts
    try {
      const seq = desk().head()?.seq ?? 0
      // Whether the log was told of a decision changes without a new one.
      const isTold = this.#workloads.every(({ unpublished }) => unpublished === 0)
      if (seq !== this.#lastSeq || !isTold) {
        const standings = desk().standings()
        if (seq !== this.#lastSeq) this.#records = recordsOf(standings)
        this.#workloads = standings.map(liveOf)
        this.#lastSeq = seq
      }
      this.#readAtMs = clock()
      this.#trouble = undefined
    } catch (error) {
      const message = messageOf(error)
      if (this.#trouble === undefined)
        logger.error({ error: message }, 'what was decided about workloads cannot be read')
      this.#trouble = message
    }
  }

  #isCurrent(): boolean {
    return this.#parts.clock() - this.#readAtMs <= BELIEVED_FOR_MS
  }

  #wake(): void {
    for (const done of [...this.#waiting]) done()
  }
}

function recordsOf(standings: readonly Standing[]): ReadonlyMap<string, RoutingRecord> {
  return new Map(standings.flatMap(({ workload, routing }) => (routing === undefined ? [] : [[workload, routing]])))
}

function liveOf({ workload, state, routing, unpublished }: Standing): LiveWorkload {
  return {
    name: workload,
    phase: state.phase,
    serve: routing?.serve ?? 'historian',
    percent: state.percent,
    frozen: state.frozen !== undefined,
    quarantined: state.quarantine !== undefined,
    unpublished,
  }
}
