/** Running commands, watching processes, and knowing what they cost. Linux only: reads /proc. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface ProcessCost {
  /** Resident set now, in bytes. */
  readonly residentBytes: number
  /** The largest it has been. */
  readonly peakBytes: number
  /** User and system time so far, in seconds. */
  readonly cpuSeconds: number
}

export interface Measured extends Pick<ProcessCost, 'peakBytes' | 'cpuSeconds'> {
  readonly stdout: string
}

/** Often enough for a peak that lasts, seldom enough to cost nothing. */
const SAMPLE_MS = 100
const CLOCK_TICKS_PER_SECOND = 100
/** Counted behind the command's name, which may hold anything. */
const USER_TIME_FIELD = 11
const SYSTEM_TIME_FIELD = 12

/** Throws when the process has ended. */
export function costOf(pid: number): ProcessCost {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const bytes = (name: string): number => 1024 * Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0)
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  const cpuTicks = Number(fields[USER_TIME_FIELD]) + Number(fields[SYSTEM_TIME_FIELD])
  return {
    residentBytes: bytes('VmRSS'),
    peakBytes: bytes('VmHWM'),
    cpuSeconds: cpuTicks / CLOCK_TICKS_PER_SECOND,
  }
}

/** Rejects when the command does not end with 0. */
export function measure(command: string, args: readonly string[], cwd?: string): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
    let stdout = ''
    let cost = { peakBytes: 0, cpuSeconds: 0 }
    const look = (): void => {
      try {
        if (child.pid !== undefined) cost = costOf(child.pid)
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
      if (code === 0) resolve({ stdout, peakBytes: cost.peakBytes, cpuSeconds: cost.cpuSeconds })
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
