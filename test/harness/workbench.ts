/**
 * Workbench: a user's folder with a configuration, and the real `banyan` command run in it as a child process that
 * can be killed. What came out is read back by readers that share nothing with Banyan.
 */
import Database from 'better-sqlite3'
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
  readonly include?: readonly string[]
  readonly from?: string
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
  run(
    args: readonly string[],
    options: { env?: Readonly<Record<string, string>>; onStart?: (pid: number) => void } = {},
  ): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [MAIN, ...args, '--config', this.configFile], {
        cwd: this.folder,
        env: { ...process.env, NO_COLOR: '1', ...options.env },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const timer = setTimeout(() => child.kill('SIGKILL'), COMMAND_TIMEOUT_MS)
      let stdout = ''
      let stderr = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
      child.on('error', reject)
      child.on('close', (code, signal) => {
        clearTimeout(timer)
        resolve({ code, signal, stdout, stderr })
      })
      if (child.pid !== undefined) options.onStart?.(child.pid)
    })
  }

  /** Values of all sample records a read_committed consumer sees, in no particular order. */
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
      return db.prepare<[], string>('SELECT record FROM samples').pluck().all()
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
  return lines.map((line) => line.split('\t').slice(4).join('\t'))
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
    'tags:',
    `  - { historian: sim, include: ${JSON.stringify(options.include ?? ['*'])}, backfill: { from: ${options.from ?? '1970-01-01'} } }`,
    'log:',
    ...logLines,
    ...indented(options.logExtra, 4),
    '',
  ].join('\n')
}
