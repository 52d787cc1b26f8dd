/** Running one command and knowing what it cost. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface Measured {
  readonly stdout: string
  /** Largest resident set seen, in bytes. */
  readonly peakBytes: number
  /** User and system time, in seconds. */
  readonly cpuSeconds: number
}

/** Often enough for a peak that lasts, seldom enough to cost nothing. */
const SAMPLE_MS = 100
const CLOCK_TICKS_PER_SECOND = 100

/** Linux only: reads /proc. Rejects when the command does not end with 0. */
export function measure(command: string, args: readonly string[], cwd?: string): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
    let stdout = ''
    let peakBytes = 0
    let cpuSeconds = 0
    const look = (): void => {
      try {
        const status = readFileSync(`/proc/${String(child.pid)}/status`, 'utf8')
        peakBytes = Math.max(peakBytes, 1024 * Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0))
        const fields =
          readFileSync(`/proc/${String(child.pid)}/stat`, 'utf8')
            .split(') ')[1]
            ?.split(' ') ?? []
        cpuSeconds = (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND
      } catch {
        // It has just ended.
      }
    }
    const timer = setInterval(look, SAMPLE_MS)
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.on('error', reject)
    child.on('exit', look)
    child.on('close', (code) => {
      clearInterval(timer)
      if (code === 0) resolve({ stdout, peakBytes, cpuSeconds })
      else reject(new Error(`${command} ${args.join(' ')} ended with ${String(code)}`))
    })
  })
}

/** CPU seconds of a short command, which /proc is too slow to catch: a preloaded module reports them. */
export function cpuOfNode(args: readonly string[]): Promise<number> {
  const preload = new URL('report-cpu.mjs', import.meta.url).href
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', preload, ...args], {
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    })
    let text = ''
    child.stdio[3]?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    child.on('error', reject)
    child.on('close', () => {
      resolve(Number(text))
    })
  })
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? Number.NaN
}
