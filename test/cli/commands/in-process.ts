/** Runs a command line in this process, where time can be told to pass. */
import { PassThrough } from 'node:stream'
import { vi } from 'vitest'
import { exitCodeOf } from '../../../src/cli/exit-code.ts'
import { Output } from '../../../src/cli/output.ts'
import { printError } from '../../../src/cli/print-error.ts'
import { buildProgram } from '../../../src/cli/program.ts'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** Stdout as JSON. */
  readonly answer: () => Record<string, unknown>
}

/**
 * `folder`: with a `banyan.yaml`. `whenAsked`: what somebody at a terminal types when asked to confirm; without it,
 * nobody can be asked.
 */
export async function runIn(folder: string, args: readonly string[], whenAsked?: () => Promise<string>): Promise<Ran> {
  const isTTY = whenAsked !== undefined
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  Object.assign(stdin, { isTTY })
  Object.assign(stderr, { isTTY })
  const spy = vi.spyOn(process, 'stdin', 'get').mockReturnValue(stdin as unknown as typeof process.stdin)
  let shown = ''
  stderr.on('data', (chunk: Buffer) => {
    shown += chunk.toString()
    if (shown.endsWith(' to go on: ')) void whenAsked?.().then((typed) => stdin.write(`${typed}\n`))
  })
  let code = -1
  const program = buildProgram('1.0.0', async ({ json = false, quiet = false }, command) => {
    const output = new Output(
      { json, quiet, color: false },
      stdout as unknown as NodeJS.WriteStream,
      stderr as unknown as NodeJS.WriteStream,
    )
    try {
      code = await command({
        output,
        interrupt: { signal: new AbortController().signal, exitCode: () => undefined },
        configSource: { file: undefined, environment: {}, workingDirectory: folder },
        logLevel: 'silent',
      })
    } catch (error) {
      printError(error, output, false)
      code = exitCodeOf(error)
    }
  })
  await program.parseAsync(args, { from: 'user' }).finally(() => {
    spy.mockRestore()
  })
  const text = String(stdout.read() ?? '')
  return {
    code,
    stdout: text,
    stderr: shown,
    answer: () => JSON.parse(text) as Record<string, unknown>,
  }
}
