/**
 * The way from a file to the configuration: read, override from the environment, check the shape, resolve, freeze.
 * Precedence: flags > environment > file > defaults.
 */
import { resolve } from 'node:path'
import type { ResolvedConfig } from './config.ts'
import { readConfigDocument } from './document.ts'
import { describeIssue, explainIssues } from './explain.ts'
import { overrideFromEnvironment } from './override.ts'
import { ConfigError, type ConfigPath, type ConfigProblem, formatPath } from './problem.ts'
import { resolveConfig } from './resolve.ts'
import { configSchema } from './schema.ts'
import type { Environment } from './secret.ts'

const DEFAULT_FILE = 'banyan.yaml'

export interface ConfigSource {
  /** From `-c`; else BANYAN_CONFIG; else `banyan.yaml` in the working directory. */
  readonly file: string | undefined
  readonly environment: Environment
  readonly workingDirectory: string
}

/** Absolute path of the file that applies. */
export function configFileOf(source: ConfigSource): string {
  return resolve(source.workingDirectory, source.file ?? (source.environment['BANYAN_CONFIG'] || DEFAULT_FILE))
}

/** Throws BANYAN_CONFIG_INVALID with every problem found. */
export function loadConfig(source: ConfigSource): ResolvedConfig {
  const file = configFileOf(source)
  const document = readConfigDocument(file)
  const { data, variableAt } = overrideFromEnvironment(document.toData(), source.environment, source.workingDirectory)
  const whereOf = (path: ConfigPath): string => {
    const variable = variableAt(path)
    return variable === undefined ? document.locate(path) : `environment variable ${variable}`
  }

  const parsed = configSchema.safeParse(data, { error: describeIssue })
  if (!parsed.success) throw new ConfigError(file, explainIssues(parsed.error.issues, data, document, whereOf))

  const problems: ConfigProblem[] = []
  const resolved = resolveConfig(parsed.data, file, source.environment, (path, message, hint) => {
    problems.push({ where: whereOf(path), path: formatPath(path), message, hint })
  })
  if (resolved === undefined || problems.length > 0) throw new ConfigError(file, problems)
  return deepFreeze(resolved)
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const child of Object.values(value)) deepFreeze(child)
  }
  return value
}
