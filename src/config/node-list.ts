/**
 * Node lists: which OPC UA node each tag is. Two columns, `tag name,node id`, separated by a comma or a tab; a cell that
 * holds a separator is quoted. A first line whose second cell is not meant for a node id, because it has no `=`, is a
 * heading. Blank lines are skipped.
 *
 * A name or a node that stands there twice is an error: samples of another tag under this one's name would look like its
 * own.
 */
import { formatOpcUaAddress, parseOpcUaAddress, type OpcUaAddress } from '../domain/opc-ua-address.ts'
import { CONTROL, MAX_TAG_NAME_LENGTH, readListText } from './list-text.ts'

/** As many points as a large data server has; each is held in memory. */
const MAX_NODES = 2_000_000
/** The node id is the rest of the line: identifiers may hold commas. */
const LINE = /^(?:"((?:[^"]|"")*)"|([^",\t]*))[ ]*[,\t](.*)$/
const QUOTED = /^"((?:[^"]|"")*)"[,\t]*$/

export interface NodeList {
  readonly entries: ReadonlyMap<string, OpcUaAddress>
  /** What is wrong with it; `line` is undefined when it concerns the whole file. */
  readonly problem: { readonly line: number | undefined; readonly message: string } | undefined
}

/** Throws what the file system throws. */
export function readNodeList(file: string): NodeList {
  const { text, problem } = readListText(file)
  return problem === undefined ? parseNodeList(text) : failed(problem)
}

export function parseNodeList(text: string): NodeList {
  const entries = new Map<string, OpcUaAddress>()
  const names = new Set<string>()
  const nodes = new Set<string>()
  for (const [index, rawLine] of text.split(/\r?\n/).entries()) {
    const line = index + 1
    if (rawLine.trim() === '') continue
    const cells = cellsOf(rawLine)
    if (cells === undefined) return failed('is not "tag name,node id"', line)
    const { name, node } = cells
    const address = addressOf(node)
    if (address === undefined) {
      if (index === 0 && !node.includes('=')) continue
      return failed(`has ${JSON.stringify(node.slice(0, 64))}, which is not a node id such as nsu=urn:plant;s=A`, line)
    }
    if (name === '') return failed('has no tag name in its first cell', line)
    if (name.length > MAX_TAG_NAME_LENGTH) return failed('has a tag name longer than 1023 characters', line)
    if (CONTROL.test(name)) return failed('has a control character in a tag name', line)
    const key = name.toLowerCase()
    if (names.has(key)) return failed(`names the tag ${JSON.stringify(name)} a second time`, line)
    const whole = formatOpcUaAddress(address)
    if (nodes.has(whole)) return failed('names a node a second time', line)
    if (entries.size === MAX_NODES) return failed(`has more than ${String(MAX_NODES)} tags`, line)
    names.add(key)
    nodes.add(whole)
    entries.set(name, address)
  }
  return entries.size === 0 ? failed('holds no tag') : { entries, problem: undefined }
}

function cellsOf(line: string): { name: string; node: string } | undefined {
  const match = LINE.exec(line)
  if (match === null) return undefined
  const name = match[1]?.replaceAll('""', '"') ?? match[2] ?? ''
  const rest = (match[3] ?? '').trim()
  return { name: name.trim(), node: QUOTED.exec(rest)?.[1]?.replaceAll('""', '"') ?? rest }
}

function addressOf(node: string): OpcUaAddress | undefined {
  try {
    return parseOpcUaAddress(node)
  } catch {
    return undefined
  }
}

function failed(message: string, line?: number): NodeList {
  return { entries: new Map(), problem: { line, message } }
}
