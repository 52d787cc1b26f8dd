import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { covers, NOTHING_COVERED, overlaps } from '../../src/domain/coverage.ts'
import type { TagId } from '../../src/domain/tag-id.ts'
import type { AmendEntry, Correction, TagProgress } from '../../src/log/log.ts'
import { progressAfter } from '../../src/log/progress.ts'
import { amendEntry, edited, emptyEntry, late, secondsEntry, tagNamed } from './build-samples.ts'

const tags = [tagNamed(1), tagNamed(2)] as const
const anyEntry = fc
  .record({ tag: fc.constantFrom(...tags), from: fc.nat(50), length: fc.integer({ min: 1, max: 8 }) })
  .map(({ tag, from, length }) => secondsEntry(tag, from, from + length))

describe('progressAfter', () => {
  it('takes every window at most once, and counts every sample it takes', () => {
    fc.assert(
      fc.property(fc.array(fc.array(anyEntry, { maxLength: 4 }), { maxLength: 30 }), (batches) => {
        const progress = new Map<TagId, TagProgress>()
        const taken = new Map<string, number>()
        for (const batch of batches) {
          let changed: Map<TagId, TagProgress>
          try {
            changed = progressAfter(progress, batch)
          } catch {
            continue
          }
          for (const [tag, each] of changed) progress.set(tag, each)
          for (const { tag, samples } of batch) {
            for (const { ticks } of samples) {
              const key = `${tag} ${ticks.toString()}`
              taken.set(key, (taken.get(key) ?? 0) + 1)
            }
          }
        }
        expect([...taken.values()].filter((times) => times !== 1)).toEqual([])
        expect([...progress.values()].reduce((sum, each) => sum + each.samples, 0)).toBe(taken.size)
      }),
    )
  })

  it('refuses exactly what overlaps', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 6 }), anyEntry, (known, next) => {
        const progress = new Map<TagId, TagProgress>()
        for (const entry of known) {
          try {
            for (const [tag, each] of progressAfter(progress, [entry])) progress.set(tag, each)
          } catch {
            // An overlap among the known ones; the others make the coverage.
          }
        }
        const covered = progress.get(next.tag)?.covered ?? NOTHING_COVERED
        if (overlaps(covered, next.covers)) {
          expect(() => progressAfter(progress, [next])).toThrow('is covered already')
        } else {
          expect(covers(progressAfter(progress, [next]).get(next.tag)!.covered, next.covers)).toBe(true)
        }
      }),
    )
  })

  it('takes every amendment at most once, in the order of its count, and counts the late samples', () => {
    const anyAmendment = fc
      .record({ after: fc.nat(5), corrections: fc.nat(3), late: fc.nat(3) })
      .filter((each) => each.corrections + each.late > 0)
      .map((each): AmendEntry =>
        amendEntry(tags[0], each.after, [
          ...Array.from({ length: each.corrections }, (_, n) => edited(n, each.after + 1)),
          ...Array.from({ length: each.late }, (_, n) => late(n, each.after + 1)),
        ]),
      )
    fc.assert(
      fc.property(fc.array(fc.array(anyAmendment, { maxLength: 3 }), { maxLength: 30 }), (batches) => {
        let progress = progressAfter(new Map(), [secondsEntry(tags[0], 0, 10)])
        const taken: AmendEntry[] = []
        for (const batch of batches) {
          const follows = batch.every(({ after }, n) => after === taken.length + n)
          if (follows) {
            progress = new Map([...progress, ...progressAfter(progress, batch)])
            taken.push(...batch)
          } else {
            expect(() => progressAfter(progress, batch)).toThrow(
              expect.objectContaining({ code: 'BANYAN_LOG_STALE' }) as Error,
            )
          }
        }
        const added = taken.flatMap(({ corrections }) => corrections).filter(({ rev }) => rev === 0)
        expect(progress.get(tags[0])).toMatchObject({ amendments: taken.length, samples: 10 + added.length })
      }),
    )
  })

  it('refuses a correction of copies that there cannot be', () => {
    const before = progressAfter(new Map(), [secondsEntry(tags[0], 0, 5)])
    const amended = (change: Partial<Correction>): unknown =>
      progressAfter(before, [amendEntry(tags[0], 0, [{ ...edited(3), ...change }])]).get(tags[0])?.samples
    expect(amended({ copies: 2 })).toBe(before.get(tags[0])?.samples)
    for (const copies of [1, 0, -1, 1.5, NaN])
      expect(() => amended({ copies })).toThrow('does not say what it supersedes')
  })

  it('leaves what it was given alone', () => {
    const before = progressAfter(new Map(), [secondsEntry(tags[0], 0, 5)])
    const copy = structuredClone(before)
    progressAfter(before, [secondsEntry(tags[0], 5, 9), emptyEntry(tags[1], 0, 1), amendEntry(tags[0], 0, [edited(7)])])
    expect(before).toEqual(copy)
  })

  it('names the tag and the window', () => {
    expect(() => progressAfter(new Map(), [emptyEntry(tags[0], 5, 5)])).toThrow(
      'refused to append to pi-north/1: the window [2024-05-01T06:00:05.1250305Z, 2024-05-01T06:00:05.1250305Z) covers nothing',
    )
    expect(() => progressAfter(new Map(), [amendEntry(tags[0], 0, [edited(5)])])).toThrow(
      'refused to amend pi-north/1: it corrects what is not covered',
    )
    expect(() => progressAfter(new Map(), [amendEntry(tags[0], 2, [edited(5)])])).toThrow(
      'refused to amend pi-north/1: computed after amendment 2, but the log holds 0',
    )
  })
})
