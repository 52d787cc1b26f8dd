/**
 * LiveReport: what the daemon says of itself, put together on demand for the web server and every few seconds for the
 * store, where commands of other processes find it.
 */
import type { Bridge } from '../app/bridge.ts'
import { messageOf } from '../domain/errors.ts'
import type { Store } from '../store/store.ts'
import type {
  Degradation,
  LiveHistorian,
  LiveSchedule,
  LiveStatus,
  ReadinessProblem,
} from '../telemetry/live-status.ts'
import type { KeepGoing } from './keep-going.ts'
import type { RoutingBoard } from './routing-board.ts'

/** As fresh as a person looks. */
const WRITE_EVERY_MS = 2_000

/** What a generation of services contributes. */
export interface Reporting {
  readonly historians: () => readonly LiveHistorian[]
  readonly schedules: () => readonly LiveSchedule[]
  /** Given what `historians` has just answered. */
  readonly problems: (historians: readonly LiveHistorian[]) => readonly ReadinessProblem[]
  /** Given what `historians` has just answered. */
  readonly degraded: (historians: readonly LiveHistorian[]) => readonly Degradation[]
  readonly logTrouble: () => { readonly code: string; readonly message: string } | undefined
}

export interface LiveReportParts {
  readonly bridge: Bridge
  readonly store: Store
  readonly version: string
  readonly epoch: number
  readonly board: Pick<RoutingBoard, 'workloads' | 'killSwitch' | 'trouble'>
  readonly drain: AbortSignal
}

export class LiveReport {
  readonly #parts: LiveReportParts
  readonly #startedAtMs = Date.now()
  readonly #timer: NodeJS.Timeout
  #reporting: Reporting | undefined
  #opening: KeepGoing | undefined
  #lastReload: LiveStatus['lastReload']
  #storeTrouble: string | undefined

  constructor(parts: LiveReportParts) {
    this.#parts = parts
    this.#timer = setInterval(() => {
      this.#write()
    }, WRITE_EVERY_MS)
    this.#write()
  }

  setOpening(opening: KeepGoing): void {
    this.#opening = opening
  }

  setReload(reload: NonNullable<LiveStatus['lastReload']>): void {
    this.#lastReload = reload
    this.#write()
  }

  /** From now on these services speak. */
  setReporting(reporting: Reporting): void {
    this.#reporting = reporting
    this.#write()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  report(): LiveStatus {
    const { bridge, version, epoch, board } = this.#parts
    const historians = this.#reporting?.historians() ?? []
    return {
      bridge: bridge.config.bridge,
      version,
      epoch,
      pid: process.pid,
      startedAtMs: this.#startedAtMs,
      atMs: Date.now(),
      problems: this.#problems(historians),
      degraded: [...(this.#reporting?.degraded(historians) ?? []), ...this.#cutoverDegraded()],
      historians,
      sweeps: this.#reporting?.schedules() ?? [],
      workloads: board.workloads(),
      lastReload: this.#lastReload,
    }
  }

  #problems(historians: readonly LiveHistorian[]): ReadinessProblem[] {
    const problems: ReadinessProblem[] = [...(this.#reporting?.problems(historians) ?? [])]
    const add = (reason: ReadinessProblem['reason'], detail: string): void => {
      problems.push({ reason, subject: '', detail })
    }
    const log = this.#reporting === undefined ? this.#opening?.trouble : this.#reporting.logTrouble()
    if (log !== undefined) add('log-down', `${log.code}: ${log.message}`)
    else if (this.#reporting === undefined) add('starting', 'the log is being opened and read back')
    if (this.#storeTrouble !== undefined) add('store-down', this.#storeTrouble)
    if (this.#parts.drain.aborted) add('draining', 'asked to stop')
    return problems
  }

  #cutoverDegraded(): Degradation[] {
    const { isOn, by = '' } = this.#parts.board.killSwitch()
    const { trouble } = this.#parts.board
    return [
      ...(isOn ? [{ reason: 'kill-switch', subject: '', detail: `turned on by ${by}` } as const] : []),
      ...(trouble === undefined ? [] : [{ reason: 'cutover-failing', subject: '', detail: trouble } as const]),
    ]
  }

  /** Whether it can be written is itself what is to be known of the store. */
  #write(): void {
    const { store, epoch, bridge } = this.#parts
    try {
      store.live.write(epoch, this.report())
      this.#storeTrouble = undefined
    } catch (error) {
      const message = messageOf(error)
      if (this.#storeTrouble === undefined) {
        bridge.logger.warn({ component: 'daemon', error: message }, 'the store cannot be written; copying goes on')
      }
      this.#storeTrouble = message
    }
  }
}
