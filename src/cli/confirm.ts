/**
 * Confirmation: whoever moves consumers says so twice, the second time by the name of the workload. A person is asked;
 * a program has to bring the name along, so that no script moves the wrong workload by a slip of a variable.
 */
import { createInterface } from 'node:readline'
import { BanyanError } from '../domain/errors.ts'
import type { Output } from './output.ts'

type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean }

/** Whether somebody has to be asked. Throws BANYAN_USAGE when nobody can be, or when another name was brought along. */
export function mustAsk(
  output: Output,
  workload: string,
  given: string | undefined,
  input: Input = process.stdin,
): boolean {
  if (given === workload) return false
  if (given !== undefined) {
    throw new BanyanError('BANYAN_USAGE', `--confirm names ${given}, and this is about ${workload}`, {
      hint: 'Nothing was changed. Name the workload that you mean in both places.',
    })
  }
  if (input.isTTY === true && output.terminal !== undefined) return true
  throw new BanyanError('BANYAN_USAGE', `nobody can be asked whether ${workload} is meant`, {
    hint: `Nothing was changed. Add --confirm ${workload}, or look first with --dry-run.`,
  })
}

/** Throws BANYAN_USAGE unless the workload's name is typed; rejects when the signal aborts. */
export async function ask(
  output: Output,
  workload: string,
  what: string,
  signal: AbortSignal,
  input: Input = process.stdin,
): Promise<void> {
  output.note(what)
  output.terminal?.write(`Type ${workload} to go on: `)
  const typed = await firstLine(input, signal)
  signal.throwIfAborted()
  if (typed?.trim() === workload) return
  throw new BanyanError('BANYAN_USAGE', 'not confirmed', { hint: 'Nothing was changed.' })
}

/** Undefined when the input ends, or the signal aborts. Not as a terminal: there Ctrl-C would be a character. */
async function firstLine(input: Input, signal: AbortSignal): Promise<string | undefined> {
  const lines = createInterface({ input, terminal: false, signal })
  try {
    for await (const line of lines) return line
    return undefined
  } finally {
    lines.close()
  }
}
