/**
 * Workbench: a user's folder with a configuration, and the real `banyan` command run in it as a child process that
 * can be killed. What came out is read back by readers that share nothing with Banyan.
 */
import Database from 'better-sqlite3'
import { execFile, spawn, type ChildProcessByStdio } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { resolveJars } from '../../scripts/kafka/jars.ts'

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js')
const READER = join(import.meta.dirname, 'kafka-reader', 'ReadCommitted.java')
/** A command that has not ended by itself by then never will. */
const COMMAND_TIMEOUT_MS = 240_000
const MAX_OUTPUT_BYTES = 1 << 30

export interface Outcome {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export type LogChoice =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'kafka'; readonly brokers: string; readonly topicPrefix: string; readonly mode?: 'idempotent' }

export interface WorkbenchOptions {
  /** Base address of PI Web API. */
  readonly url: string
  readonly log: LogChoice
  readonly pageSize?: number
  readonly requestsPerSecond?: number
  readonly concurrency?: number
  /** YAML lines below `log.<kind>`, e.g. `writers: 2`. */
  readonly logExtra?: readonly string[]
  /** YAML lines below `piWebApi`. */
  readonly piExtra?: readonly string[]
  /** YAML lines below `opcua`; without them there is none. */
  readonly opcua?: readonly string[]
  readonly include?: readonly string[]
  readonly from?: string
  /** YAML lines below `sync`. */
  readonly sync?: readonly string[]
  /** `web.listen`. */
  readonly listen?: string
}

/** A command that runs. */
export interface Running {
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  /** What it printed so far, and how it ended if it has. */
  readonly outcome: Readonly<Outcome>
  /** Never rejects for what the command does. */
  readonly ended: Promise<Outcome>
}

export class Workbench {
  readonly folder = mkdtempSync(join(tmpdir(), 'banyan-bench-'))
  readonly configFile = join(this.folder, 'banyan.yaml')
  readonly logFile = join(this.folder, 'banyan-log.db')
  readonly #options: WorkbenchOptions

  constructor(options: WorkbenchOptions) {
    this.#options = options
    writeFileSync(this.configFile, configText(options))
  }

  /** Runs `banyan <args>`; `onStart` may kill it. Never rejects for what the command does. */
  async run(
    args: readonly string[],
    options: { env?: Readonly<Record<string, string>>; onStart?: (pid: number) => void } = {},
  ): Promise<Outcome> {
    const { child, ended } = this.start(args, options.env)
    const timer = setTimeout(() => child.kill('SIGKILL'), COMMAND_TIMEOUT_MS)
    if (child.pid !== undefined) options.onStart?.(child.pid)
    try {
      return await ended
    } finally {
      clearTimeout(timer)
    }
  }

  /** Starts `banyan <args>`. Whoever starts it ends it. */
  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
    const child = spawn(process.execPath, [MAIN, ...args, '--config', this.configFile], {
      cwd: this.folder,
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const outcome: { -readonly [Key in keyof Outcome]: Outcome[Key] } = {
      code: null,
      signal: null,
      stdout: '',
      stderr: '',
    }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (outcome.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (outcome.stderr += text))
    const ended = new Promise<Outcome>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => {
        outcome.code = code
        outcome.signal = signal
        resolve(outcome)
      })
    })
    return { child, outcome, ended }
  }

  /** Values of all sample records a read_committed consumer sees, partition by partition, by ascending offset. */
  readLog(): Promise<string[]> {
    const { log } = this.#options
    return log.kind === 'embedded'
      ? Promise.resolve(this.#readFile())
      : readKafka(log.brokers, `${log.topicPrefix}.samples`)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  #readFile(): string[] {
    const db = new Database(this.logFile, { readonly: true })
    try {
      return db.prepare<[], string>('SELECT record FROM samples ORDER BY partition, offset').pluck().all()
    } finally {
      db.close()
    }
  }
}

/** With Kafka's own consumer; rejects when an open transaction keeps the end of the topic out of reach. */
async function readKafka(brokers: string, topic: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('java', ['-cp', await resolveJars(), READER, brokers, topic], {
    maxBuffer: MAX_OUTPUT_BYTES,
    timeout: COMMAND_TIMEOUT_MS,
  })
  const lines = stdout.split('\n').slice(0, -1)
  const end = lines.pop()
  if (end !== `END ${lines.length}`) throw new Error(`the reader did not reach the end: ${String(end)}`)
  const records = lines.map((line) => {
    const [partition, offset, , , ...value] = line.split('\t')
    return { partition: Number(partition), offset: Number(offset), value: value.join('\t') }
  })
  return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset).map(({ value }) => value)
}

function configText(options: WorkbenchOptions): string {
  const { log } = options
  const indented = (lines: readonly string[] | undefined, by: number): string[] =>
    (lines ?? []).map((line) => ' '.repeat(by) + line)
  const logLines =
    log.kind === 'embedded'
      ? ['  embedded:', '    file: ./banyan-log.db', '    partitions: 4']
      : [
          '  kafka:',
          `    brokers: ["${log.brokers}"]`,
          `    topicPrefix: ${log.topicPrefix}`,
          '    partitions: 4',
          '    replicationFactor: 1',
          `    mode: ${log.mode ?? 'transactional'}`,
        ]
  return [
    // Of its own on a shared broker: the name is what one writer fences another by.
    `bridge: ${log.kind === 'kafka' ? log.topicPrefix.replace('test-', 'site-') : 'test-site'}`,
    'store: ./banyan.db',
    'historians:',
    '  sim:',
    '    piWebApi:',
    `      url: ${options.url}`,
    '      dataServer: BANYANSIM',
    '      auth: { type: none }',
    `      pageSize: ${options.pageSize ?? 1000}`,
    `      limits: { concurrency: ${options.concurrency ?? 4}, requestsPerSecond: ${options.requestsPerSecond ?? 500} }`,
    ...indented(options.piExtra, 6),
    ...(options.opcua === undefined ? [] : ['    opcua:', ...indented(options.opcua, 6)]),
    'tags:',
    `  - { historian: sim, include: ${JSON.stringify(options.include ?? ['*'])}, backfill: { from: ${options.from ?? '1970-01-01'} } }`,
    'log:',
    ...logLines,
    ...indented(options.logExtra, 4),
    ...(options.sync === undefined ? [] : ['sync:', ...indented(options.sync, 2)]),
    ...(options.listen === undefined ? [] : [`web: { listen: "${options.listen}" }`]),
    '',
  ].join('\n')
}
