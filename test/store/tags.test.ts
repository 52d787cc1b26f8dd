import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SAMPLE_TYPES } from '../../src/domain/sample.ts'
import { parseTagId } from '../../src/domain/tag-id.ts'
import type { Tag } from '../../src/domain/tag.ts'
import { openTemporaryStore, temporaryFile } from './temporary-store.ts'

const finite = fc.double({ noNaN: true })
const tag: fc.Arbitrary<Tag> = fc.record({
  id: fc.constantFrom('pi/1', 'pi/2', 'pi-south/1').map(parseTagId),
  name: fc.string({ unit: 'grapheme' }),
  descriptor: fc.string(),
  type: fc.constantFrom(...SAMPLE_TYPES),
  units: fc.string(),
  zero: fc.option(finite, { nil: undefined }),
  span: fc.option(finite, { nil: undefined }),
  step: fc.boolean(),
  future: fc.boolean(),
  digitalSet: fc.option(fc.string(), { nil: undefined }),
  compression: fc.option(
    fc.record({
      compressing: fc.boolean(),
      compDev: finite,
      compMinSeconds: finite,
      compMaxSeconds: finite,
      excDev: finite,
    }),
    { nil: undefined },
  ),
  address: fc.record({ serverGuid: fc.string(), pointId: fc.nat() }),
})

/** SQLite keeps -0 as 0. */
const withoutNegativeZero = (value: Tag): unknown =>
  JSON.parse(JSON.stringify(value, (_, v: unknown) => (v === Infinity || v === -Infinity ? String(v) : v)))

test('a tag comes back as it was saved; its version counts changes, not sightings', () => {
  let now = 1
  const store = openTemporaryStore(temporaryFile(), () => now)
  const versions = new Map<string, { content: string; version: number }>()
  fc.assert(
    fc.property(tag, fc.boolean(), (saved, twice) => {
      now += 1
      store.tags.save(twice ? [saved, saved] : [saved])
      const loaded = store.tags.get(saved.id)!
      expect(withoutNegativeZero(loaded.tag)).toEqual(withoutNegativeZero(saved))
      expect(loaded.seenAtMs).toBe(now)
      const content = JSON.stringify(withoutNegativeZero(saved))
      const known = versions.get(saved.id)
      const version = known === undefined ? 1 : known.version + (known.content === content ? 0 : 1)
      expect(loaded.version).toBe(version)
      versions.set(saved.id, { content, version })
    }),
  )
})

test('a version is unpublished until the log has taken it', () => {
  const store = openTemporaryStore(temporaryFile())
  const [one, two] = fc.sample(tag, { numRuns: 2, seed: 1 }).map((t, i) => ({ ...t, id: parseTagId(`pi/${i + 1}`) }))
  store.tags.save([one!, two!])
  expect(store.tags.unpublished().map((t) => t.tag.id)).toEqual(['pi/1', 'pi/2'])
  store.tags.markPublished(one!.id, 1)
  store.tags.save([one!, two!])
  expect(store.tags.unpublished().map((t) => t.tag.id)).toEqual(['pi/2'])
  store.tags.save([{ ...one!, name: 'renamed' }])
  expect(store.tags.unpublished().map((t) => [t.tag.id, t.version])).toEqual([
    ['pi/1', 2],
    ['pi/2', 1],
  ])
})

test('tags are listed per historian; one name may begin another', () => {
  const store = openTemporaryStore(temporaryFile())
  const [any] = fc.sample(tag, { numRuns: 1, seed: 1 })
  store.tags.save(['pi/2', 'pi/1', 'pi-south/1'].map((id) => ({ ...any!, id: parseTagId(id) })))
  expect(store.tags.list('pi').map((t) => t.tag.id)).toEqual(['pi/1', 'pi/2'])
  expect(store.tags.list('pi-south').map((t) => t.tag.id)).toEqual(['pi-south/1'])
  expect(store.tags.list()).toHaveLength(3)
  expect(store.tags.get(parseTagId('pi/9'))).toBeUndefined()
})
