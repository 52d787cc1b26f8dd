/** Runs the built command in a child process, as a user would. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js')

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** Called with all of stdout or stderr so far, whenever it grows. */
  readonly onOutput?: (child: ChildProcess, text: string) => void
  readonly onStart?: (child: ChildProcess) => void
}

export function banyan(args: readonly string[], { cwd, env, onOutput, onStart }: RunOptions): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd,
      env: { PATH: process.env['PATH'], HOME: cwd, TMPDIR: cwd, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    onTestFinished(() => {
      child.kill('SIGKILL')
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      onOutput?.(child, stdout)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
      onOutput?.(child, stderr)
    })
    child.on('error', reject)
    child.on('close', (code) => {
      resolve({ code, stdout, stderr })
    })
    onStart?.(child)
  })
}

/** A folder for one test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-cli-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

export interface SiteOptions {
  /** YAML lines below `piWebApi`. */
  readonly piWebApi?: readonly string[]
  /** YAML of the tag rule, without `historian`. */
  readonly rule?: string
}

/** A folder with a configuration for the embedded log and the historian at `url`. */
export function siteFolder(url: string, { piWebApi = [], rule = 'include: ["*"]' }: SiteOptions = {}): string {
  const folder = temporaryFolder()
  const lines = [
    'bridge: test-site',
    'historians:',
    '  sim:',
    '    piWebApi:',
    `      url: ${url}`,
    '      dataServer: BANYANSIM',
    '      auth: { type: none }',
    ...piWebApi.map((line) => `      ${line}`),
    `tags: [{ historian: sim, ${rule}, backfill: { from: 1970-01-01 } }]`,
    'log: { embedded: { file: ./log.db } }',
  ]
  writeFileSync(join(folder, 'banyan.yaml'), `${lines.join('\n')}\n`)
  return folder
}
