/** A problem of the configuration, and the error that carries all of them at once. */
import { BanyanError } from '../domain/errors.ts'

export type ConfigPath = readonly (string | number)[]

export interface ConfigProblem {
  /** `file:line:column`, or the environment variable it came from. */
  readonly where: string
  /** Dotted path of the key; empty for the file as a whole. */
  readonly path: string
  readonly message: string
  readonly hint: string | undefined
}

/** Takes note of a problem; resolution goes on so that all of them come out together. */
export type Report = (path: ConfigPath, message: string, hint?: string) => void

export class ConfigError extends BanyanError {
  readonly problems: readonly ConfigProblem[]

  constructor(file: string, problems: readonly ConfigProblem[]) {
    const inFileOrder = problems.toSorted((a, b) => a.where.localeCompare(b.where, 'en', { numeric: true }))
    super('BANYAN_CONFIG_INVALID', describe(file, inFileOrder), {
      hint: 'mend the configuration, then run "banyan config check"',
      context: { file },
    })
    this.problems = inFileOrder
  }
}

function describe(file: string, problems: readonly ConfigProblem[]): string {
  const count = problems.length === 1 ? '1 problem' : `${String(problems.length)} problems`
  return [`${count} in the configuration ${file}`, ...problems.map(formatProblem)].join('\n  ')
}

function formatProblem({ where, path, message, hint }: ConfigProblem): string {
  const subject = path === '' ? '' : `${path} `
  return `${where}  ${subject}${message}${hint === undefined ? '' : ` (${hint})`}`
}

/** `historians.pi-north.limits`, `tags[1].include[0]`. */
export function formatPath(path: ConfigPath): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${String(part)}]`
    else text += text === '' ? part : `.${part}`
  }
  return text
}
