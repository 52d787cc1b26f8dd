/** The promises of the HistorianSource port, as tests every adapter passes. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { BanyanError } from '../../src/domain/errors.ts'
import type { Sample } from '../../src/domain/sample.ts'
import { historianOf, type TagId } from '../../src/domain/tag-id.ts'
import type { Tag } from '../../src/domain/tag.ts'
import { END_OF_PI_TIME, ticks, TICKS_PER_SECOND, type Ticks } from '../../src/domain/ticks.ts'
import { window, type Window } from '../../src/domain/window.ts'
import { encodeRecord } from '../../src/log/record.ts'
import {
  SUMMARY_CHARS,
  type HistorianSource,
  type Hint,
  type SamplePage,
  type SourceKind,
  type TagSelection,
} from '../../src/source/source.ts'
import { sleep } from '../../src/util/abort.ts'
import { keyOfRecord } from '../harness/expected.ts'

export interface SourceUnderTest {
  readonly source: HistorianSource
  /** What the historian holds: tag name to the keys (harness/expected.ts) of its samples in archive order. */
  readonly truth: ReadonlyMap<string, readonly string[]>
  /** A tag with many tick groups of different sizes and a few thousand samples. */
  readonly tied: string
  /** The tags a mask selects, said independently of the adapter. */
  readonly selections: readonly { readonly selection: TagSelection; readonly names: readonly string[] }[]
  /** What pages say who served them, and records as `src`. */
  readonly kind: SourceKind
  /** The order of native ids. */
  readonly compareIds: (a: TagId, b: TagId) => number
  /** The same tag at an address where there is none. */
  readonly unknown: (known: Tag) => Tag
  /** Changes history: a newest sample of one tag and a late one of another, both at a whole second. */
  change(): Promise<{ readonly added: NamedTime; readonly late: NamedTime }>
  close(): Promise<void>
}

export interface NamedTime {
  readonly name: string
  readonly at: Ticks
}

const EVERYTHING = window(ticks(0n), ticks(END_OF_PI_TIME + 1n))
const ALL_TAGS: TagSelection = { include: ['*'], exclude: [], names: [] }

export function describeHistorianSource(name: string, open: () => Promise<SourceUnderTest>): void {
  describe(`historian source: ${name}`, () => {
    let under: SourceUnderTest
    let source: HistorianSource
    let tags: readonly Tag[]
    const signal = new AbortController().signal

    beforeAll(async () => {
      under = await open()
      source = under.source
      tags = (await source.catalogue(ALL_TAGS, signal)).tags
    })
    afterAll(() => under.close())

    const tagNamed = (tagName: string): Tag => tags.find((tag) => tag.name === tagName)!
    const readAll = async (tag: Tag, range: Window, pageSize: number): Promise<Sample[]> =>
      (await pagesOf(source, tag, range, pageSize)).flatMap((page) => page.samples)
    const keys = (tag: Tag, samples: readonly Sample[]): string[] =>
      samples.map((sample) => keyOf(under.kind, tag, sample))

    it('probes product, identity and clock', async () => {
      const probe = await source.probe(signal)
      expect(probe.product).not.toBe('')
      expect(probe.serverGuid).toMatch(/^[0-9a-f-]{36}$/)
      expect(probe.serverTime).toBeGreaterThan(0n)
    })

    it('lists each tag once, ascending by native id', () => {
      const ids = tags.map((tag) => tag.id)
      expect(ids).toEqual([...new Set(ids)].toSorted(under.compareIds))
      expect(tags.map((tag) => tag.name).toSorted()).toEqual([...under.truth.keys()].toSorted())
      for (const id of ids) expect(historianOf(id)).toBe(source.historian)
    })

    it('selects by mask, by name and by exclusion', async () => {
      for (const { selection, names } of under.selections) {
        const { tags: selected, missing } = await source.catalogue(selection, signal)
        expect(selected.map((tag) => tag.name).toSorted()).toEqual(names.toSorted())
        expect(missing).toEqual([])
      }
    })

    it('finds every tag by its exact name, and says which names do not exist', async () => {
      const names = [...under.truth.keys()]
      const found = await source.catalogue({ include: [], exclude: [], names: [...names, 'no such tag'] }, signal)
      expect(found.tags.map((tag) => tag.id)).toEqual(tags.map((tag) => tag.id))
      expect(found.missing).toEqual(['no such tag'])
      const literal = await source.catalogue({ include: ['no-such-tag-either'], exclude: [], names: [] }, signal)
      expect(literal).toEqual({ tags: [], missing: ['no-such-tag-either'] })
    })

    it.each([20, 1000, 150_000])('reads every sample of every tag, in order, with pages of %i', async (pageSize) => {
      await Promise.all(
        tags.map(async (tag) => {
          const samples = await readAll(tag, EVERYTHING, pageSize)
          expect(keys(tag, samples), tag.name).toEqual(under.truth.get(tag.name))
        }),
      )
    })

    it.each([1, 2])('reads small tags with pages of %i', async (pageSize) => {
      const small = tags.filter((tag) => under.truth.get(tag.name)!.length < 50)
      expect(small.length).toBeGreaterThan(5)
      await Promise.all(
        small.map(async (tag) => {
          expect(keys(tag, await readAll(tag, EVERYTHING, pageSize)), tag.name).toEqual(under.truth.get(tag.name))
        }),
      )
    })

    it('tiles the window with pages, and never cuts a tick group', async () => {
      const pages = await pagesOf(source, tagNamed(under.tied), EVERYTHING, 50)
      expect(pages.length).toBeGreaterThan(3)
      expect(new Set(pages.map((page) => page.source))).toEqual(new Set([under.kind]))
      expect(pages[0]!.covers.from).toBe(EVERYTHING.from)
      expect(pages.at(-1)!.covers.until).toBe(EVERYTHING.until)
      for (const [i, page] of pages.entries()) {
        if (i > 0) expect(page.covers.from).toBe(pages[i - 1]!.covers.until)
        for (const sample of page.samples) {
          expect(sample.ticks).toBeGreaterThanOrEqual(page.covers.from)
          expect(sample.ticks).toBeLessThan(page.covers.until)
        }
      }
    })

    it('gives adjoining windows each sample once: from inclusive, until exclusive', async () => {
      const tag = tagNamed(under.tied)
      const whole = await readAll(tag, EVERYTHING, 1000)
      for (const at of [whole[0]!.ticks, whole[100]!.ticks, whole[100]!.ticks + 1n, whole.at(-1)!.ticks]) {
        const edge = ticks(at)
        const below = await readAll(tag, window(EVERYTHING.from, edge), 1000)
        const above = await readAll(tag, window(edge, EVERYTHING.until), 1000)
        expect(below.every((sample) => sample.ticks < edge)).toBe(true)
        expect(above.every((sample) => sample.ticks >= edge)).toBe(true)
        expect([...below, ...above]).toEqual(whole)
      }
    })

    it('reads a window of a single tick, and an empty one', async () => {
      const tag = tagNamed(under.tied)
      const [first] = await readAll(tag, EVERYTHING, 1000)
      const at = first!.ticks
      const group = await readAll(tag, window(at, ticks(at + 1n)), 1000)
      expect(group.map((sample) => sample.ticks)).toEqual(group.map(() => at))
      const empty = window(ticks(at - 10_000_000n), at)
      expect(await pagesOf(source, tag, empty, 1000)).toEqual([{ covers: empty, source: under.kind, samples: [] }])
    })

    it('counts what a window holds, or says that it cannot', async () => {
      const tag = tagNamed(under.tied)
      const whole = await readAll(tag, EVERYTHING, 1000)
      const middle = ticks(whole[100]!.ticks)
      const below = window(ticks(whole[0]!.ticks), middle)
      const above = window(middle, ticks(whole.at(-1)!.ticks + 1n))
      const counts = await source.count(tag, [below, above], signal)
      const split = whole.filter((sample) => sample.ticks < middle).length
      expect([split, undefined]).toContain(counts[0])
      expect([whole.length - split, undefined]).toContain(counts[1])
    })

    it('counts neighbouring windows of one length as each of them alone', async () => {
      const tag = tagNamed(under.tied)
      const whole = await readAll(tag, EVERYTHING, 1000)
      const first = ticks(whole[0]!.ticks - (whole[0]!.ticks % TICKS_PER_SECOND))
      const span = whole.at(-1)!.ticks - first
      const length = (span / 5n / TICKS_PER_SECOND + 1n) * TICKS_PER_SECOND
      const edges = Array.from({ length: 6 }, (_, i) => ticks(first + BigInt(i) * length))
      const windows = edges.slice(1).map((until, i) => window(edges[i]!, until))
      const counts = await source.count(tag, windows, signal)
      expect(counts).toHaveLength(windows.length)
      for (const [i, { from, until }] of windows.entries()) {
        const held = whole.filter((sample) => sample.ticks >= from && sample.ticks < until).length
        expect([held, undefined]).toContain(counts[i])
      }
    })

    it('summarises a window the same way again, or says that it cannot', async () => {
      const tag = tagNamed(under.tied)
      const whole = await readAll(tag, EVERYTHING, 1000)
      const first = ticks(whole[0]!.ticks - (whole[0]!.ticks % TICKS_PER_SECOND))
      const length = ((whole.at(-1)!.ticks - first) / 3n / TICKS_PER_SECOND + 1n) * TICKS_PER_SECOND
      const windows = [0n, 1n, 2n].map((i) => window(ticks(first + i * length), ticks(first + (i + 1n) * length)))
      const summaries = await source.summarise(tag, windows, signal)
      expect(await source.summarise(tag, windows, signal)).toEqual(summaries)
      expect(summaries).toHaveLength(windows.length)
      for (const summary of summaries) expect(summary?.length ?? 0).toBeLessThanOrEqual(SUMMARY_CHARS)
      if (summaries[0] !== undefined) expect(new Set(summaries).size).toBe(windows.length)
    })

    it('gives notice of changes, or says that it cannot', async () => {
      const other = await open()
      onTestFinished(() => other.close())
      const watched = (await other.source.catalogue(ALL_TAGS, signal)).tags
      const ending = new AbortController()
      const hints = other.source.hints(watched, 1, ending.signal)[Symbol.asyncIterator]()
      // What happens before a tag is listened to may pass unnoticed: the changes are made again until one is told.
      const idOf = (name: string): string => watched.find((tag) => tag.name === name)!.id
      const seen: Hint[] = []
      const listening = (async (): Promise<'told' | 'refused'> => {
        try {
          for (;;) {
            seen.push(...((await hints.next()).value as readonly Hint[]))
            if (seen.some(({ change }) => change === 'added') && seen.some(({ change }) => change === 'changed')) {
              return 'told'
            }
          }
        } catch (error) {
          if (error instanceof BanyanError && error.code === 'BANYAN_SOURCE_REJECTED') return 'refused'
          throw error
        }
      })()
      const made: { added: NamedTime; late: NamedTime }[] = []
      let outcome: 'told' | 'refused' | undefined
      while (outcome === undefined) {
        made.push(await other.change())
        outcome = await Promise.race([listening, sleep(20, signal).then(() => undefined)])
      }
      if (outcome === 'refused') return
      for (const { tag, change, at } of seen) {
        const told = made.map(({ added, late }) => (change === 'added' ? added : late))
        expect(told.map(({ name, at: time }) => [idOf(name), time])).toContainEqual([tag, at])
      }
      const reason = new Error('enough')
      const next = hints.next()
      ending.abort(reason)
      await expect(next).rejects.toBe(reason)
    })

    it('rejects an unknown tag without hurting the reads beside it', async () => {
      const known = tagNamed(under.tied)
      const unknown = under.unknown(known)
      const [good, bad] = await Promise.allSettled([
        readAll(known, EVERYTHING, 1000),
        readAll(unknown, EVERYTHING, 1000),
      ])
      expect(good.status).toBe('fulfilled')
      expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'BANYAN_SOURCE_NOT_FOUND' } })
    })

    it('rejects with the reason of the signal, before and between pages', async () => {
      const tag = tagNamed(under.tied)
      const reason = new Error('enough')
      await expect(pagesOf(source, tag, EVERYTHING, 7, AbortSignal.abort(reason))).rejects.toBe(reason)
      const controller = new AbortController()
      const reading = source.read(tag, EVERYTHING, { pageSize: 7 }, controller.signal)[Symbol.asyncIterator]()
      expect((await reading.next()).done).toBe(false)
      controller.abort(reason)
      await expect(reading.next()).rejects.toBe(reason)
    })

    it('rejects calls after close', async () => {
      const other = await open()
      await other.source.close()
      await expect(other.source.probe(signal)).rejects.toThrow(/closed/)
      await expect(pagesOf(other.source, tagNamed(under.tied), EVERYTHING, 7)).rejects.toThrow(/closed/)
      await other.close()
    })
  })
}

async function pagesOf(
  source: HistorianSource,
  tag: Tag,
  range: Window,
  pageSize: number,
  signal = new AbortController().signal,
): Promise<SamplePage[]> {
  const pages: SamplePage[] = []
  for await (const page of source.read(tag, range, { pageSize }, signal)) pages.push(page)
  return pages
}

function keyOf(source: SourceKind, tag: Tag, sample: Sample): string {
  return keyOfRecord(encodeRecord({ tag: tag.id, sample, rev: 0, op: 'put', source }), { ord: true, src: source })
}
