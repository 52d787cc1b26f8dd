/** How a failure is told: what failed, then the next step. */
import { BanyanError, messageOf } from '../domain/errors.ts'
import type { Output } from './output.ts'

export function printError(error: unknown, output: Output, withStack: boolean): void {
  const known = error instanceof BanyanError
  const message = known ? error.message : `unexpected: ${messageOf(error)}`
  const hint = known ? error.hint : 'this is a defect of Banyan: report it with the output of --log-level debug'
  if (output.json) {
    const code = known ? error.code : 'BANYAN_INTERNAL'
    output.answer({ error: { code, message, hint, ...problemsOf(error) } }, () => '')
  }
  output.warn('Error', message)
  if (hint !== undefined) output.warn('Try', hint)
  if (withStack && error instanceof Error && error.stack !== undefined) output.note(error.stack)
}

/** The findings of a ConfigError, one by one. */
function problemsOf(error: unknown): object {
  return error instanceof BanyanError && 'problems' in error ? { problems: error.problems } : {}
}
