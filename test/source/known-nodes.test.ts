import { describe, expect, it } from 'vitest'
import { formatOpcUaAddress, type OpcUaAddress } from '../../src/domain/opc-ua-address.ts'
import type { Tag } from '../../src/domain/tag.ts'
import { withKnownNodes, type NodeNames } from '../../src/source/known-nodes.ts'
import type { HistorianSource, TagSelection } from '../../src/source/source.ts'
import { MemorySource, testTag } from '../harness/memory-source.ts'

const ALL: TagSelection = { include: ['*'], exclude: [], names: [] }
const PATTERN: NodeNames = { kind: 'pattern', pattern: 'nsu=urn:plant;s=Area.{name}' }
const { signal } = new AbortController()

const named = (id: number, name: string): Tag => ({ ...testTag(id), name })
const node = (identifier: string): OpcUaAddress => ({ namespaceUri: 'urn:plant', identifier })
const nodesOf = (tags: readonly Tag[]) =>
  tags.map(({ address: { opcua } }) => (opcua === undefined ? undefined : formatOpcUaAddress(opcua)))

function catalogued(
  tags: readonly Tag[],
  nodes: NodeNames,
  away?: { readonly remembered: readonly Tag[] },
): HistorianSource {
  const primary = new MemorySource()
  primary.tags = tags
  if (away !== undefined) primary.probeFault = () => 'BANYAN_SOURCE_UNAVAILABLE'
  return withKnownNodes(primary, {
    nodes,
    remembered: () => Promise.resolve(away?.remembered ?? []),
    isAway: () => away !== undefined,
  })
}

describe('which node a tag is', () => {
  it('by a list: by name, whatever its case; others have none', async () => {
    const entries = new Map([['FIC101', node('i=1')]])
    const source = catalogued([named(1, 'fic101'), named(2, 'FIC102')], { kind: 'list', entries })
    const { tags } = await source.catalogue(ALL, signal)
    expect(nodesOf(tags)).toEqual(['nsu=urn:plant;i=1', undefined])
    expect(tags.map(({ address }) => address.pi?.pointId)).toEqual([1, 2])
  })

  it('by a pattern: the name to the letter, whatever is in it', async () => {
    const names = ['FIC101', "a;b=c {name} $& $' %3B", 'x'.repeat(5000)]
    const source = catalogued(
      names.map((name, i) => named(i + 1, name)),
      PATTERN,
    )
    const { tags } = await source.catalogue(ALL, signal)
    expect(nodesOf(tags)).toEqual([
      'nsu=urn:plant;s=Area.FIC101',
      `nsu=urn:plant;s=Area.${names[1]!}`,
      // Longer than an identifier may be: nothing stands in for it.
      undefined,
    ])
  })
})

describe('while the primary is away', () => {
  const remembered = [named(1, 'FIC101'), named(2, 'FIC102'), named(3, 'TIC.TEST')]

  it.each<[string, TagSelection, readonly string[]]>([
    ['masks', { include: ['fic*'], exclude: [], names: [] }, ['FIC101', 'FIC102']],
    ['exclusions', { include: ['*'], exclude: ['*test', '*102'], names: [] }, ['FIC101']],
    ['names', { include: ['tic.test'], exclude: [], names: ['FIC102', 'GONE'] }, ['FIC102', 'TIC.TEST']],
  ])('its catalogue is what it listed before: %s', async (_, selection, names) => {
    const { tags, missing } = await catalogued([], PATTERN, { remembered }).catalogue(selection, signal)
    expect(tags.map(({ name }) => name)).toEqual(names)
    expect(nodesOf(tags)).toEqual(names.map((name) => `nsu=urn:plant;s=Area.${name}`))
    // Nobody can say so.
    expect(missing).toEqual([])
  })

  it('there is none where nothing is remembered', async () => {
    const source = catalogued([], PATTERN, { remembered: [] })
    await expect(source.catalogue(ALL, signal)).rejects.toMatchObject({ code: 'BANYAN_SOURCE_UNAVAILABLE' })
  })
})
