/** `banyan config schema`: the JSON Schema, for editors and reviewers. Needs no configuration file. */
import { configJsonSchema } from '../../config/schema-keys.ts'
import type { CommandContext } from '../context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'

export function configSchema({ output }: CommandContext): ExitCode {
  const schema = configJsonSchema()
  output.answer({ schema }, () => JSON.stringify(schema, undefined, 2))
  return EXIT.done
}
