/** `banyan check`: one line per finding, the worst decides the exit code. */
import { checkBridge, type CheckItem } from '../../app/check.ts'
import { BanyanError } from '../../domain/errors.ts'
import { type CommandContext, withBridge } from '../context.ts'
import { EXIT, exitCodeOf, type ExitCode } from '../exit-code.ts'
import { renderTable } from '../../util/text-table.ts'

export async function check(context: CommandContext, options: { readonly createTopics?: boolean }): Promise<ExitCode> {
  const { output, interrupt } = context
  const checks = await withBridge(context, (bridge) =>
    checkBridge(bridge, { createTopics: options.createTopics ?? false }, interrupt.signal),
  )
  output.answer({ checks }, () => render(checks))
  const ok = checks.every((item) => item.ok)
  if (ok) output.note('Next: "banyan plan" shows what a backfill would do.')
  return exitCodeOfChecks(checks)
}

function render(checks: readonly CheckItem[]): string {
  const table = renderTable(
    [{ title: '' }, { title: 'CHECK' }, { title: 'FOUND' }],
    checks.map((item) => [item.ok ? 'ok' : 'FAIL', item.name, item.detail]),
  )
  const hints = checks.flatMap(({ name, hint }) => (hint === undefined ? [] : [`  ${name}: ${hint}`]))
  return hints.length === 0 ? table : `${table}\n\nTo do:\n${hints.join('\n')}`
}

/** What needs another binary or another configuration comes before what may pass by itself. */
function exitCodeOfChecks(checks: readonly CheckItem[]): ExitCode {
  const codes = checks.flatMap(({ code, detail }) =>
    code === undefined ? [] : [exitCodeOf(new BanyanError(code, detail))],
  )
  return [EXIT.storeNewer, EXIT.usage].find((code) => codes.includes(code)) ?? codes[0] ?? EXIT.done
}
