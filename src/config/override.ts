/**
 * Environment variables that override keys of the file. A short list on purpose: what differs between two machines
 * that share one file. Their values pass the same checks as the file's.
 */
import { resolve } from 'node:path'
import type { ConfigPath } from './problem.ts'
import type { Environment } from './secret.ts'

interface Override {
  readonly variable: string
  readonly path: readonly string[]
  /** Paths are relative to the working directory, as everywhere in a shell. */
  readonly valueOf: (text: string, workingDirectory: string) => unknown
}

const OVERRIDES: readonly Override[] = [
  { variable: 'BANYAN_STORE', path: ['store'], valueOf: (text, directory) => resolve(directory, text) },
  {
    variable: 'BANYAN_LOG_KAFKA_BROKERS',
    path: ['log', 'kafka', 'brokers'],
    valueOf: (text) => text.split(',').map((broker) => broker.trim()),
  },
]

export interface Overridden {
  readonly data: unknown
  /** The variable that decided the value at `path`, if one did. */
  readonly variableAt: (path: ConfigPath) => string | undefined
}

/**
 * A variable applies where the file has the map it belongs to: the brokers of a file that logs to an embedded log are
 * left alone, so that one environment may serve several bridges. `data` is changed in place.
 */
export function overrideFromEnvironment(data: unknown, environment: Environment, workingDirectory: string): Overridden {
  const applied: Override[] = []
  for (const override of OVERRIDES) {
    const text = environment[override.variable]
    const key = override.path.at(-1)
    const parent = mapAt(data, override.path.slice(0, -1))
    if (text === undefined || text === '' || key === undefined || parent === undefined) continue
    parent[key] = override.valueOf(text, workingDirectory)
    applied.push(override)
  }
  return {
    data,
    variableAt: (path) => applied.find((override) => override.path.every((part, i) => part === path[i]))?.variable,
  }
}

function mapAt(data: unknown, path: readonly string[]): Record<string, unknown> | undefined {
  let value = data
  for (const part of path) {
    if (!isMap(value) || !Object.hasOwn(value, part)) return undefined
    value = value[part]
  }
  return isMap(value) ? value : undefined
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
