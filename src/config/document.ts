/**
 * The YAML document behind a configuration: plain data for the schema, and line and column for the messages.
 * Bounded, one document, no duplicate keys, aliases limited: the file is input like any other.
 */
import { readFileSync } from 'node:fs'
import { type Document, isMap, isNode, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml'
import { BanyanError, messageOf } from '../domain/errors.ts'
import { ConfigError, type ConfigPath, type ConfigProblem } from './problem.ts'

/** A configuration of thousands of tag rules stays far below; tag lists have files of their own. */
const MAX_CONFIG_BYTES = 1_000_000
/** Enough for shared limits, too few for an alias bomb. */
const MAX_ALIASES = 100

export interface ConfigDocument {
  readonly file: string
  /** A fresh copy of the data at every call. */
  toData(): unknown
  /** Where the value stands; of its nearest parent when the key is missing. */
  locate(path: ConfigPath): string
  /** Where the key itself stands. */
  locateKey(parent: ConfigPath, key: string): string
}

/** Throws BANYAN_CONFIG_INVALID when the file cannot be read or is not YAML. */
export function readConfigDocument(file: string): ConfigDocument {
  return parseConfigDocument(file, readText(file))
}

function readText(file: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw new BanyanError('BANYAN_CONFIG_INVALID', `cannot read the configuration ${file}: ${messageOf(error)}`, {
      hint: missing ? 'run "banyan init" to write a starter, or name the file with -c' : 'check the rights of the file',
      context: { file },
      cause: error,
    })
  }
  if (text.length > MAX_CONFIG_BYTES) {
    throw new BanyanError('BANYAN_CONFIG_INVALID', `the configuration ${file} is larger than 1 MB`, {
      hint: 'put long tag lists into files and name them with "file:"',
      context: { file },
    })
  }
  return text
}

export function parseConfigDocument(file: string, text: string): ConfigDocument {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${file}:${String(line)}:${String(col)}`
  }
  const problems = [...document.errors, ...document.warnings].map((error): ConfigProblem => {
    return { where: at(error.pos[0]), path: '', message: firstSentence(error.message), hint: hintFor(error.code) }
  })
  if (problems.length > 0) throw new ConfigError(file, problems)
  return {
    file,
    toData: () => toData(file, document, at),
    locate: (path) => at(startOf(nearestNode(document, path))),
    locateKey: (parent, key) => at(startOf(keyNode(document, parent, key) ?? nearestNode(document, parent))),
  }
}

function toData(file: string, document: Document, at: (offset: number) => string): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES })
  } catch (error) {
    // Unresolved or too many aliases surface only here.
    const where = at(startOf(unresolvedAlias(document) ?? document.contents))
    throw new ConfigError(file, [
      { where, path: '', message: messageOf(error), hint: 'put names that begin with * or & in quotes' },
    ])
  }
}

function unresolvedAlias(document: Document): Node | undefined {
  let found: Node | undefined
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document) !== undefined) return undefined
      found = alias
      return visit.BREAK
    },
  })
  return found
}

function hintFor(code: string): string | undefined {
  switch (code) {
    case 'BAD_ALIAS':
      return 'put names that begin with * in quotes'
    case 'DUPLICATE_KEY':
      return 'each key may stand once'
    case 'MULTIPLE_DOCS':
      return 'one document per file: remove the "---"'
    case 'TAB_AS_INDENT':
      return 'indent with blanks'
    default:
      return undefined
  }
}

/** What follows a line break or semicolon is advice for programmers. */
function firstSentence(text: string): string {
  return text.split(/[\n;]/, 1)[0] ?? text
}

function nearestNode(document: Document, path: ConfigPath): Node | null {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return node
  }
  return document.contents
}

function keyNode(document: Document, parent: ConfigPath, key: string): Node | undefined {
  const map: unknown = parent.length === 0 ? document.contents : document.getIn(parent, true)
  if (!isMap(map)) return undefined
  const pair = map.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
  return isNode(pair?.key) ? pair.key : undefined
}

function startOf(node: Node | null): number {
  return node?.range?.[0] ?? 0
}
