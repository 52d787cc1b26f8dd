/** `banyan config print`: what applies after environment and defaults; secrets by the place they come from. */
import { configToData, configToText } from '../../config/print.ts'
import { type CommandContext, loadConfigOf } from '../context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'

export async function configPrint(context: CommandContext): Promise<ExitCode> {
  const config = await loadConfigOf(context)
  context.output.answer({ file: config.file, config: configToData(config) }, () => configToText(config))
  return EXIT.done
}
