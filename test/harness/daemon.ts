/**
 * Daemon: the real `banyan sync` as a child process that can be watched, signalled and killed. It is looked at from
 * outside only, over HTTP; the workbench's `listen` says where.
 */
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LiveStatus, ReadinessReason } from '../../src/telemetry/live-status.ts'
import type { Outcome, Running, Workbench } from './workbench.ts'

/** Far longer than a start or a drain takes on a busy machine. */
const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 60_000
const POLL_MS = 50
const MAX_SHOWN = 4000

/** A free `127.0.0.1:<port>`, free at least until somebody else asks for one. */
export async function freeAddress(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `127.0.0.1:${String(port)}`
}

export interface Readiness {
  readonly isReady: boolean
  /** As `/readyz` gives it. */
  readonly body: unknown
}

/** A line of its log, as pino writes it. */
export interface LogLine {
  /** 30 info, 40 warn, 50 error. */
  readonly level: number
  readonly msg: string
  readonly [field: string]: unknown
}

export class Daemon {
  readonly #running: Running
  readonly #url: string

  /** Returns at once; see `alive` and `ready`. `listen` is the workbench's, `flags` are of the command line. */
  static start(
    bench: Workbench,
    listen: string,
    env: Readonly<Record<string, string>> = {},
    flags: readonly string[] = [],
  ): Daemon {
    return new Daemon(bench.start(['sync', ...flags], env), `http://${listen}`)
  }

  private constructor(running: Running, url: string) {
    this.#running = running
    this.#url = url
  }

  /** What it printed so far; code and signal once it has ended. */
  get outcome(): Readonly<Outcome> {
    return this.#running.outcome
  }

  get pid(): number {
    return this.#running.child.pid ?? 0
  }

  /** What it logged so far, as far as its `--log-level` lets through. */
  get logged(): readonly LogLine[] {
    return this.outcome.stderr
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as LogLine)
  }

  get hasEnded(): boolean {
    const { exitCode, signalCode } = this.#running.child
    return exitCode !== null || signalCode !== null
  }

  get ended(): Promise<Outcome> {
    return this.#running.ended
  }

  /** Resolves when `/healthz` answers; rejects when the process ends before. */
  alive(): Promise<void> {
    return this.until('alive', async () => (await this.get('/healthz')).status === 200)
  }

  /** Resolves when `/readyz` says so; rejects when the process ends before. */
  ready(): Promise<void> {
    return this.until('ready', async () => (await this.readiness()).isReady)
  }

  async readiness(): Promise<Readiness> {
    const { status, text } = await this.get('/readyz')
    return { isReady: status === 200, body: JSON.parse(text) as unknown }
  }

  /** Resolves when `/readyz` gives this reason, among others perhaps; rejects when the process ends before. */
  unready(reason: ReadinessReason): Promise<void> {
    return this.until(`unready, being ${reason}`, async () => {
      const { problems } = (await this.readiness()).body as Pick<LiveStatus, 'problems'>
      return problems.some((problem) => problem.reason === reason)
    })
  }

  async status(): Promise<LiveStatus> {
    const { status, text } = await this.get('/api/status')
    if (status !== 200) throw new Error(`/api/status answered ${String(status)}: ${text.slice(0, MAX_SHOWN)}`)
    return JSON.parse(text) as LiveStatus
  }

  async get(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const response = await fetch(this.#url + path, { signal: AbortSignal.timeout(START_LIMIT_MS) })
    return { status: response.status, text: await response.text() }
  }

  /** Polls until `isSo`; an answer that does not come counts as no. */
  async until(what: string, isSo: () => Promise<boolean>, limitMs = START_LIMIT_MS): Promise<void> {
    const deadlineMs = performance.now() + limitMs
    while (!(await isSo().catch(() => false))) {
      if (this.hasEnded) throw new Error(`the daemon ended before it was ${what}: ${this.#told()}`)
      if (performance.now() > deadlineMs) throw new Error(`the daemon is not ${what}: ${this.#told()}`)
      await sleep(POLL_MS)
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#running.child.kill(name)
  }

  /** `kill -9`. */
  async kill(): Promise<Outcome> {
    this.signal('SIGKILL')
    return this.#running.ended
  }

  /** Asks it to drain, and waits for that. */
  async stop(signal: 'SIGTERM' | 'SIGINT' = 'SIGTERM'): Promise<Outcome> {
    this.signal(signal)
    const late = setTimeout(() => this.signal('SIGKILL'), STOP_LIMIT_MS)
    try {
      return await this.#running.ended
    } finally {
      clearTimeout(late)
    }
  }

  #told(): string {
    const { code, signal, stdout, stderr } = this.outcome
    return `code ${String(code)}, signal ${String(signal)}\n${(stdout + stderr).slice(-MAX_SHOWN)}`
  }
}
