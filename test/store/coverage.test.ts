import SqliteDatabase from 'better-sqlite3'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addWindows, NOTHING_COVERED } from '../../src/domain/coverage.ts'
import { parseTagId, type TagId } from '../../src/domain/tag-id.ts'
import { ticks } from '../../src/domain/ticks.ts'
import type { CachedProgress } from '../../src/store/coverage.ts'
import { refusal } from './refusal.ts'
import { openTemporaryStore, temporaryFile } from './temporary-store.ts'

const int64 = fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n })
const progress: fc.Arbitrary<CachedProgress> = fc.record({
  covered: fc.array(fc.tuple(int64, fc.bigInt({ min: 1n, max: 2n ** 40n })), { maxLength: 5 }).map((windows) =>
    addWindows(
      NOTHING_COVERED,
      windows.map(([from, length]) => ({ from: ticks(from), until: ticks(from + length) })),
    ),
  ),
  samples: fc.maxSafeNat(),
})
const progressByTag: fc.Arbitrary<Map<TagId, CachedProgress>> = fc
  .dictionary(fc.constantFrom('pi/1', 'pi/2', 'pi/3', 'pi/4'), progress)
  .map((byTag) => new Map(Object.entries(byTag).map(([tag, p]) => [parseTagId(tag), p])))

test('what is saved is loaded, to the tick', () => {
  const store = openTemporaryStore(temporaryFile())
  const expected = new Map<TagId, CachedProgress>()
  fc.assert(
    fc.property(progressByTag, (batch) => {
      store.coverage.save(batch)
      for (const [tag, p] of batch) expected.set(tag, p)
      expect(store.coverage.load()).toEqual(expected)
      for (const [tag, p] of batch) expect(store.coverage.get(tag)).toEqual(p)
      expect(store.coverage.samples()).toEqual(new Map([...expected].map(([tag, p]) => [tag, p.samples])))
    }),
  )
  expect(store.coverage.get(parseTagId('pi/99'))).toBeUndefined()
})

test('the log wins: replaceAll leaves exactly what the log says, and names every difference', () => {
  const store = openTemporaryStore(temporaryFile())
  fc.assert(
    fc.property(progressByTag, progressByTag, (cached, logged) => {
      store.coverage.replaceAll(cached)
      const differences = store.coverage.replaceAll(logged)
      expect(store.coverage.load()).toEqual(logged)
      const named = new Map(differences.map((d) => [d.tag, [d.cached, d.logged]]))
      for (const tag of new Set([...cached.keys(), ...logged.keys()])) {
        const [before, after] = [cached.get(tag), logged.get(tag)]
        expect(named.has(tag)).toBe(JSON.stringify(before, plain) !== JSON.stringify(after, plain))
        if (named.has(tag)) expect(named.get(tag)).toEqual([before, after])
      }
      expect(store.coverage.replaceAll(logged)).toEqual([])
    }),
  )
})

test('windows that overlap in the file are damage, not coverage', () => {
  const file = temporaryFile()
  const store = openTemporaryStore(file)
  store.coverage.save([[parseTagId('pi/1'), { covered: [{ from: ticks(0n), until: ticks(10n) }], samples: 1 }]])
  const other = new SqliteDatabase(file)
  other.exec("INSERT INTO covered_windows VALUES ('pi/1', 5, 20)")
  other.close()
  expect(refusal(() => store.coverage.load()).code).toBe('BANYAN_STORE_CORRUPT')
})

function plain(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
