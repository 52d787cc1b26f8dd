/** Starts a TypeScript file as a process of its own, and listens to it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export interface Child {
  readonly pid: number
  /** Resolves with the first line on stdout; rejects, with what it said on stderr, when the process ends before. */
  readonly firstLine: Promise<string>
  /** Resolves with the exit code, or the name of the signal, once the process is gone. */
  readonly ended: Promise<number | string | null>
  kill(signal: NodeJS.Signals): void
}

export function startChild(script: URL, args: readonly string[], env: Readonly<Record<string, string>> = {}): Child {
  const child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(script), ...args], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return { pid: child.pid!, firstLine: firstLineOf(child), ended: endOf(child), kill: (signal) => child.kill(signal) }
}

async function endOf(child: ChildProcess): Promise<number | string | null> {
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  return signal ?? code
}

function firstLineOf(child: ChildProcess): Promise<string> {
  let out = ''
  let err = ''
  const line = new Promise<string>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk
      if (out.includes('\n')) resolve(out.slice(0, out.indexOf('\n')))
    })
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (err += chunk))
    child.on('close', () => {
      reject(new Error(`the child ended without a word: ${err}`))
    })
  })
  // A test that only waits for the end does not want to hear of it.
  line.catch(() => undefined)
  return line
}
