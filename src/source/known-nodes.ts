/**
 * KnownNodes: the catalogue of a historian that has a fallback: the primary's, each tag with the node at which the
 * fallback has it.
 *
 * While the fallback serves the historian as a whole, the primary is not asked: the tags it listed before are the
 * catalogue. So nothing counts as deleted because PI is away, and nothing that was listed by name as missing.
 */
import { isLiteral, matchesAnyMask } from '../domain/name-mask.ts'
import { parseOpcUaAddress, type OpcUaAddress } from '../domain/opc-ua-address.ts'
import type { Tag } from '../domain/tag.ts'
import type { Catalogue, HistorianSource, TagSelection } from './source.ts'

/** Which node a tag of PI is. */
export type NodeNames =
  /** By tag name, whatever its case. */
  | { readonly kind: 'list'; readonly entries: ReadonlyMap<string, OpcUaAddress> }
  /** A node id with `{name}` where the tag's name belongs. */
  | { readonly kind: 'pattern'; readonly pattern: string }

export interface KnownNodesParts {
  readonly nodes: NodeNames
  /** The tags the primary listed when it was last asked. */
  readonly remembered: () => Promise<readonly Tag[]>
  /** The primary is away, and will not be asked. */
  readonly isAway: () => boolean
}

/** The primary with that catalogue; everything else is its own. */
export function withKnownNodes(
  primary: HistorianSource,
  { nodes, remembered, isAway }: KnownNodesParts,
): HistorianSource {
  const nodeOf = nodeFinder(nodes)
  const withNode = (tag: Tag): Tag => ({ ...tag, address: { ...tag.address, opcua: nodeOf(tag.name) } })
  return {
    historian: primary.historian,
    probe: (signal) => primary.probe(signal),
    async catalogue(selection, signal): Promise<Catalogue> {
      signal.throwIfAborted()
      const known = isAway() ? await remembered() : []
      // Where nothing is remembered there is nothing to go on with: the primary says why not.
      if (known.length > 0) return { tags: known.filter(selectedBy(selection)).map(withNode), missing: [] }
      const { tags, missing } = await primary.catalogue(selection, signal)
      return { tags: tags.map(withNode), missing }
    },
    read: (tag, window, options, signal) => primary.read(tag, window, options, signal),
    count: (tag, windows, signal) => primary.count(tag, windows, signal),
    summarise: (tag, windows, signal) => primary.summarise(tag, windows, signal),
    hints: (tags, everyMs, signal) => primary.hints(tags, everyMs, signal),
    close: () => primary.close(),
  }
}

function nodeFinder(nodes: NodeNames): (name: string) => OpcUaAddress | undefined {
  if (nodes.kind === 'pattern') {
    // A function: in a replacement text, `$&` would mean something.
    return (name) => addressOf(nodes.pattern.replaceAll('{name}', () => name))
  }
  const byName = new Map(Array.from(nodes.entries, ([name, address]) => [name.toLowerCase(), address]))
  return (name) => byName.get(name.toLowerCase())
}

/** Undefined when a name makes no node id, e.g. one that is too long: the tag has no fallback then. */
function addressOf(text: string): OpcUaAddress | undefined {
  try {
    return parseOpcUaAddress(text)
  } catch {
    return undefined
  }
}

function selectedBy({ include, exclude, names }: TagSelection): (tag: Tag) => boolean {
  const listed = new Set([...include.filter(isLiteral), ...names].map((name) => name.toLowerCase()))
  const masks = include.filter((mask) => !isLiteral(mask))
  return ({ name }) => !matchesAnyMask(exclude, name) && (listed.has(name.toLowerCase()) || matchesAnyMask(masks, name))
}
