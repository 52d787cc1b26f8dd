/** `banyan init`: writes a commented starter configuration, never over an existing file. */
import { writeFileSync } from 'node:fs'
import { configFileOf } from '../../config/load.ts'
import { STARTER_CONFIG } from '../../config/starter.ts'
import { BanyanError, messageOf } from '../../domain/errors.ts'
import type { CommandContext } from '../context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'

export function init({ output, configSource }: CommandContext): ExitCode {
  const file = configFileOf(configSource)
  try {
    writeFileSync(file, STARTER_CONFIG, { flag: 'wx' })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      throw new BanyanError('BANYAN_USAGE', `${file} exists already`, { hint: 'name another file with -c' })
    }
    throw new BanyanError('BANYAN_FILE', `cannot write ${file}: ${messageOf(error)}`, {
      hint: 'name a file in a folder you may write to with -c',
      cause: error,
    })
  }
  output.answer({ file }, () => `Wrote ${file}`)
  output.note('Next: fill in url, dataServer, tags and log, then run "banyan check".')
  return EXIT.done
}
