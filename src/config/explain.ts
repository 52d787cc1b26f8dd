/** Turns the schema's findings into problems a person can act on: what is wrong, where, and what was probably meant. */
import type { z } from 'zod'
import type { ConfigDocument } from './document.ts'
import { type ConfigPath, type ConfigProblem, formatPath } from './problem.ts'
import { keysAt, pathsOfKey } from './schema-keys.ts'

/** Spelling mistakes further away than this are guesses. */
const MAX_EDIT_DISTANCE = 2
const MAX_SHOWN_VALUE_LENGTH = 60
/** A value under such a key is never printed, and such a key never holds the secret itself. */
const SECRET_KEY = /password|passphrase|token|secret|credential/i

const EXPECTED: Readonly<Record<string, string>> = {
  object: 'a map of keys',
  record: 'a map of keys',
  array: 'a list',
  string: 'a text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
}

/** The general messages; those written beside a key in the schema win over these. */
export function describeIssue(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${EXPECTED[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return issue.input === undefined ? 'is missing' : `must be ${oneOf(issue.values)}`
    case 'invalid_union':
      return Array.isArray(issue.options) ? `must be ${oneOf(issue.options)}` : undefined
    case 'too_small':
      if (issue.origin === 'array') return 'must not be empty'
      return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${String(issue.minimum)}`
    case 'too_big':
      return `must be at most ${String(issue.maximum)}${issue.origin === 'string' ? ' characters long' : ''}`
    default:
      return undefined
  }
}

/** One problem per finding; unknown keys one each. `whereOf` may place a path elsewhere than in the file. */
export function explainIssues(
  issues: readonly z.core.$ZodIssue[],
  data: unknown,
  document: ConfigDocument,
  whereOf: (path: ConfigPath) => string,
): ConfigProblem[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key, document))
    if (issue.code === 'invalid_key') return [invalidKey(path, issue, document)]
    const value = valueAt(data, path)
    const shown = showValue(path, value)
    return [
      {
        where: whereOf(path),
        path: formatPath(path),
        message: shown === undefined ? issue.message : `${issue.message}, not ${shown}`,
        hint: hintFor(issue, value),
      },
    ]
  })
}

function unknownKey(parent: ConfigPath, key: string, document: ConfigDocument): ConfigProblem {
  return {
    where: document.locateKey(parent, key),
    path: formatPath([...parent, key]),
    message: 'is not a key Banyan knows',
    hint: unknownKeyHint(parent, key),
  }
}

function unknownKeyHint(parent: ConfigPath, key: string): string {
  const allowed = keysAt(parent)
  if (SECRET_KEY.test(key)) {
    const [file, variable] = [`${key}File`, `${key}Env`]
    if (allowed.includes(file)) return `secrets never stand in the file: name one with "${file}" or "${variable}"`
  }
  const near = nearest(key, allowed)
  if (near !== undefined) return `did you mean "${near}"?`
  const [elsewhere] = pathsOfKey(key)
  if (elsewhere !== undefined) return `its place is ${elsewhere}`
  return allowed.length === 0 ? 'remove it' : `known here: ${allowed.join(', ')}`
}

function invalidKey(path: ConfigPath, issue: z.core.$ZodIssueInvalidKey, document: ConfigDocument): ConfigProblem {
  const key = String(path.at(-1) ?? '')
  return {
    where: document.locateKey(path.slice(0, -1), key),
    path: formatPath(path),
    message: `is not a name: it ${issue.issues[0]?.message ?? 'is malformed'}`,
    hint: undefined,
  }
}

function hintFor(issue: z.core.$ZodIssue, value: unknown): string | undefined {
  // A message of the schema's own asks for a form that quotes alone do not give.
  if (issue.message !== `must be ${EXPECTED['string'] ?? ''}`) return undefined
  return typeof value === 'number' || typeof value === 'boolean' ? 'put it in quotes' : undefined
}

export function valueAt(data: unknown, path: ConfigPath): unknown {
  let value = data
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Object.hasOwn(value, part) ? (value as Record<string | number, unknown>)[part] : undefined
  }
  return value
}

/** The value as JSON, when it is a scalar that holds no secret. */
function showValue(path: ConfigPath, value: unknown): string | undefined {
  if (value === null) return 'empty'
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined
  const key = path.findLast((part) => typeof part === 'string') ?? ''
  const text = JSON.stringify(value)
  // An address may carry credentials.
  if (SECRET_KEY.test(key) || text.includes('@')) return undefined
  return text.length > MAX_SHOWN_VALUE_LENGTH ? `${text.slice(0, MAX_SHOWN_VALUE_LENGTH)}…` : text
}

function oneOf(values: readonly unknown[]): string {
  const texts = values.map(String)
  return texts.length === 1 ? (texts[0] ?? '') : `one of ${texts.join(', ')}`
}

function nearest(key: string, candidates: readonly string[]): string | undefined {
  const lower = key.toLowerCase()
  const limit = Math.min(MAX_EDIT_DISTANCE, Math.ceil(key.length / 3))
  return candidates
    .map((candidate) => ({ candidate, distance: editDistance(lower, candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .toSorted((a, b) => a.distance - b.distance)[0]?.candidate
}

/** Levenshtein; keys are short. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substituted))
    }
    row = next
  }
  return row[b.length] ?? 0
}
