import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SAMPLE_TYPES } from '../../src/domain/sample.ts'
import { parseTagId, type TagId } from '../../src/domain/tag-id.ts'
import type { Tag } from '../../src/domain/tag.ts'
import { openTemporaryStore, temporaryFile } from './temporary-store.ts'

const finite = fc.double({ noNaN: true })
const piAddress = fc.record({ serverGuid: fc.string(), pointId: fc.nat() })
const opcUaAddress = fc.record({
  namespaceUri: fc.webUrl(),
  identifier: fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => `s=${text}`),
    fc.nat().map((id) => `i=${id}`),
  ),
})
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
  address: fc
    .record({ pi: fc.option(piAddress, { nil: undefined }), opcua: fc.option(opcUaAddress, { nil: undefined }) })
    .filter(({ pi, opcua }) => pi !== undefined || opcua !== undefined),
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

test('saving answers what is new, tags never seen and tags that changed, and takes back what was gone', () => {
  const store = openTemporaryStore(temporaryFile())
  const known = new Map<TagId, { tag: Tag; gone: boolean }>()
  const step = fc.record({ saved: fc.uniqueArray(tag, { selector: ({ id }) => id }), same: fc.boolean(), goes: tag })
  fc.assert(
    fc.property(step, ({ saved, same, goes }) => {
      expect(store.tags.markGone([goes.id, goes.id])).toEqual(known.get(goes.id)?.gone === false ? [goes.id] : [])
      const entry = known.get(goes.id)
      if (entry !== undefined) entry.gone = true

      const list = saved.map((each) => (same ? (known.get(each.id)?.tag ?? each) : each))
      const before = new Map([...known].map(([id, { tag: old }]) => [id, old]))
      const differs = (each: Tag): boolean => {
        const old = before.get(each.id)
        return (
          old !== undefined && JSON.stringify(withoutNegativeZero(old)) !== JSON.stringify(withoutNegativeZero(each))
        )
      }
      const changes = store.tags.save(list)
      const ids = list.map(({ id }) => id)
      expect(changes.added).toEqual(ids.filter((id) => !before.has(id)))
      expect(changes.changed.map((c) => [withoutNegativeZero(c.before), withoutNegativeZero(c.after)])).toEqual(
        list.filter(differs).map((each) => [before.get(each.id)!, each].map(withoutNegativeZero)),
      )
      for (const each of list) known.set(each.id, { tag: each, gone: false })
      for (const historian of ['pi', 'pi-south']) {
        const gone = [...known].filter(([id, { gone: isGone }]) => isGone && id.startsWith(`${historian}/`))
        const missing = store.tags.list(historian).filter(({ goneAtMs }) => goneAtMs !== undefined)
        expect(missing.map((t) => t.tag.id)).toEqual(gone.map(([id]) => id).toSorted())
      }
    }),
    { numRuns: 200 },
  )
})

test('a tag that is gone stays known, with the time it was missed first, and is no new version of itself', () => {
  let now = 10
  const store = openTemporaryStore(temporaryFile(), () => now)
  const [any] = fc.sample(tag, { numRuns: 1, seed: 1 })
  store.tags.save([any!])
  store.tags.markPublished(any!.id, 1)
  now = 20
  expect(store.tags.markGone([any!.id, parseTagId('pi/unknown')])).toEqual([any!.id])
  now = 30
  expect(store.tags.markGone([any!.id])).toEqual([])
  expect(store.tags.get(any!.id)).toMatchObject({ goneAtMs: 20, seenAtMs: 10, version: 1 })
  expect(store.tags.list().map((t) => t.tag.id)).toEqual([any!.id])
  expect(store.tags.unpublished()).toEqual([])
  store.tags.save([any!])
  expect(store.tags.get(any!.id)).toMatchObject({ goneAtMs: undefined, seenAtMs: 30, version: 1 })
})

test('changes and what is done about them are one write, or none', () => {
  const store = openTemporaryStore(temporaryFile())
  const [any] = fc.sample(tag, { numRuns: 1, seed: 1 })
  store.tags.save([any!])
  const retyped = { ...any!, units: 'other' }
  expect(() =>
    store.write(() => {
      expect(store.tags.save([retyped]).changed).toHaveLength(1)
      throw new Error('killed here')
    }),
  ).toThrow('killed here')
  expect(store.tags.save([retyped]).changed).toHaveLength(1)
})

test('the data servers of copied tags are those of the tags the log knows, historian by historian', () => {
  const store = openTemporaryStore(temporaryFile())
  const [sample] = fc.sample(tag, 1)
  const at = (id: string, serverGuid: string): Tag => ({
    ...sample!,
    id: parseTagId(id),
    address: { pi: { serverGuid, pointId: 1 }, opcua: undefined },
  })
  store.tags.save([at('pi/1', 'a'), at('pi/2', 'b'), at('pi/3', 'a'), at('pi-south/1', 'c')])
  expect(store.tags.serversCopied('pi')).toEqual([])
  const known = ['pi/1', 'pi/3', 'pi-south/1', 'pi/9'].map(parseTagId)
  store.coverage.save(known.map((id) => [id, { covered: [], samples: 0 }]))
  expect(store.tags.serversCopied('pi')).toEqual(['a'])
  expect(store.tags.serversCopied('pi-south')).toEqual(['c'])
  store.coverage.save([[parseTagId('pi/2'), { covered: [], samples: 0 }]])
  expect(store.tags.serversCopied('pi').toSorted()).toEqual(['a', 'b'])
})
