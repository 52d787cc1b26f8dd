/** `banyan config check`: everything that can be known without the network. */
import { unreadableFiles } from '../../config/files.ts'
import { type CommandContext, loadConfigOf } from '../context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'

export async function configCheck(context: CommandContext): Promise<ExitCode> {
  const { output } = context
  const config = await loadConfigOf(context)
  const unreadable = unreadableFiles(config)
  const ok = unreadable.length === 0
  output.answer({ file: config.file, ok, problems: unreadable }, () =>
    [
      `${config.file}: ${ok ? 'ok' : 'well formed, but not everything it names can be read'}`,
      ...unreadable.map(({ path, message }) => `  ${path}: ${message}`),
    ].join('\n'),
  )
  if (ok) output.note('Next: "banyan check" probes the historian, the log and the store.')
  return ok ? EXIT.done : EXIT.usage
}
