/**
 * Catalogue: nodes as tags. Which nodes there are is said by a list, a pattern or the server's own hierarchy; what they
 * are (type, units, range, states) is read from them. A node that is not there is `missing`, never an error.
 *
 * A tag's id is made of its permanent address, so it survives every change of indexes.
 */
import { BanyanError } from '../../domain/errors.ts'
import { isLiteral, matchesAnyMask } from '../../domain/name-mask.ts'
import { formatOpcUaAddress, type OpcUaAddress, parseOpcUaAddress } from '../../domain/opc-ua-address.ts'
import type { Tag } from '../../domain/tag.ts'
import type { Catalogue, TagSelection } from '../source.ts'
import { browseVariables } from './browse.ts'
import { describe, type DescribeParts, HISTORY_READ, type NamedNode } from './describe.ts'
import type { OpcUaNodes } from './options.ts'
import { printable } from './printable.ts'

export interface CatalogueParts extends DescribeParts {
  readonly nodes: OpcUaNodes
}

export async function listCatalogue(
  parts: CatalogueParts,
  selection: TagSelection,
  signal: AbortSignal,
): Promise<Catalogue> {
  const { nodes } = parts
  return nodes.kind === 'browse'
    ? browseCatalogue(parts, nodes.root, selection, signal)
    : namedCatalogue(parts, nodes, selection, signal)
}

/** The names asked for, and of a list those that match. */
async function namedCatalogue(
  parts: CatalogueParts,
  nodes: Exclude<OpcUaNodes, { kind: 'browse' }>,
  { include, exclude, names }: TagSelection,
  signal: AbortSignal,
): Promise<Catalogue> {
  if (nodes.kind === 'pattern' && !include.every(isLiteral)) throw cannotList(nodes.pattern)
  const listed = nodes.kind === 'list' ? [...nodes.entries.keys()] : []
  const lookUp = nodes.kind === 'list' ? inList(nodes.entries) : byPattern(nodes.pattern)
  const missing = new Set<string>()
  const wanted = new Map<string, NamedNode>()
  for (const asked of [...names, ...include.filter(isLiteral), ...listed.filter((n) => matchesAnyMask(include, n))]) {
    if (matchesAnyMask(exclude, asked)) continue
    const node = lookUp(asked)
    if (node === undefined) missing.add(asked)
    else wanted.set(formatOpcUaAddress(node.address), wanted.get(formatOpcUaAddress(node.address)) ?? node)
  }
  const { tags, absent } = await describe(parts, [...wanted.values()], () => true, signal)
  for (const { name } of absent) if (name !== undefined) missing.add(name)
  return { tags: ascending(tags), missing: [...missing] }
}

/** Everything with history below the root whose name matches. */
async function browseCatalogue(
  parts: CatalogueParts,
  root: OpcUaAddress,
  { include, exclude, names }: TagSelection,
  signal: AbortSignal,
): Promise<Catalogue> {
  const addresses = await browseVariables(parts.requests, root, signal)
  const nodes = addresses.map((address) => ({ address, name: undefined }))
  const described = await describe(parts, nodes, (facts) => (facts.accessLevel & HISTORY_READ) !== 0, signal)
  const exact = new Set(names)
  const tags = described.tags.filter(
    ({ name }) => (exact.has(name) || matchesAnyMask(include, name)) && !matchesAnyMask(exclude, name),
  )
  const missing = [...names, ...include.filter(isLiteral)].filter(
    (asked) => !matchesAnyMask(exclude, asked) && !described.tags.some(({ name }) => isSameName(name, asked)),
  )
  return { tags: ascending(tags), missing: [...new Set(missing)] }
}

function cannotList(pattern: string): BanyanError {
  return new BanyanError(
    'BANYAN_SOURCE_REJECTED',
    `the node pattern ${printable(pattern)} maps names, but cannot tell which tags there are`,
    { hint: 'Name the tags in tags.file, or use nodes.file or nodes.browse of this historian.' },
  )
}

/** Names of tags are compared as PI compares them: without regard to case. */
function inList(entries: ReadonlyMap<string, OpcUaAddress>): (name: string) => NamedNode | undefined {
  const byLowerCase = new Map([...entries].map(([name, address]) => [name.toLowerCase(), { name, address }] as const))
  return (name) => {
    const exact = entries.get(name)
    return exact === undefined ? byLowerCase.get(name.toLowerCase()) : { name, address: exact }
  }
}

/** A name that makes no node id is one the server cannot have. */
function byPattern(pattern: string): (name: string) => NamedNode | undefined {
  return (name) => {
    try {
      return { name, address: parseOpcUaAddress(pattern.replaceAll('{name}', () => name)) }
    } catch {
      return undefined
    }
  }
}

function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

/** By permanent address; one address has one text. */
function ascending(tags: readonly Tag[]): Tag[] {
  return tags.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
}
