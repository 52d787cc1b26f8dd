/** What moves while a sweep looks at it: the historian, the log, and an answer that is lost. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BanyanError } from '../../src/domain/errors.ts'
import type { Sample } from '../../src/domain/sample.ts'
import type { Correction } from '../../src/log/log.ts'
import { testTag } from '../harness/memory-source.ts'
import type { SweepOutcome } from '../../src/verify/sweep.ts'
import { CopiedHistorian, sample, span } from './copied-historian.ts'

const A = testTag(1)
const DAY = span(0, 100)

async function copied(): Promise<CopiedHistorian> {
  const historian = await CopiedHistorian.of(A)
  historian.hold(
    A,
    Array.from({ length: 50 }, (_, i) => sample(2 * i, i)),
  )
  await historian.cover(A, DAY)
  return historian
}

/** Appends a correction as another sweep would, to whatever the log says now. */
async function amendElsewhere(historian: CopiedHistorian, correction: Correction): Promise<void> {
  const after = historian.amender.progressOf(A.id)!.amendments
  const entry = { kind: 'amend', tag: A.id, source: 'pi-web-api', after, corrections: [correction] } as const
  await historian.amender.append(entry)
}

describe('a sweep', () => {
  it('compares a tag again that was amended between comparison and append', async () => {
    const historian = await copied()
    historian.insert(A, sample(5, 1), sample(55, 2))
    let isFirst = true
    historian.amender.onAmend = async () => {
      if (isFirst) await amendElsewhere(historian, { sample: sample(5, 1), rev: 0, op: 'put' })
      isFirst = false
    }
    const outcome = await historian.sweep()
    expect(outcome).toMatchObject({ revisions: { late: 1, edited: 0, deleted: 0 }, postponed: [], failures: [] })
    historian.expectEqual(A, DAY)
  })

  it('is not disturbed by coverage that grows meanwhile', async () => {
    const historian = await copied()
    historian.insert(A, sample(5, 1), sample(105, 2))
    historian.amender.onAmend = () => historian.cover(A, span(100, 200))
    const outcome = await historian.sweep()
    expect(outcome).toMatchObject({ revisions: { late: 1 }, postponed: [] })
    historian.expectEqual(A, span(0, 200))
  })

  it('is not disturbed by what the tail appends to the newest cell between noting and folding', async () => {
    const historian = await CopiedHistorian.of(A)
    historian.hold(
      A,
      Array.from({ length: 20 }, (_, n) => sample(n, n)),
    )
    await historian.cover(A, span(0, 15))
    let isFirst = true
    const outcome = await historian.sweep(
      {},
      {
        project: async (signal) => {
          if (isFirst) await historian.cover(A, span(15, 20))
          isFirst = false
          await historian.fold(signal)
        },
      },
    )
    expect(outcome.revisions).toEqual({ late: 0, edited: 0, deleted: 0 })
    expect(outcome.postponed).toEqual([])
    historian.expectEqual(A, span(0, 20))
  })

  it('believes no difference that is gone when it looks again', async () => {
    const historian = await copied()
    const before = historian.held(A)
    let reads = 0
    historian.source.nextFault = () => {
      reads += 1
      return undefined
    }
    const flicker = historian.source.read.bind(historian.source)
    historian.source.read = (...args) => {
      historian.hold(A, reads === 0 ? before.slice(1) : before)
      return flicker(...args)
    }
    const outcome = await historian.sweep()
    expect(reads).toBe(2)
    expect(outcome.revisions).toEqual({ late: 0, edited: 0, deleted: 0 })
    expect(historian.correctionsOf(A)).toEqual([])
  })

  it('clears no mark of a tag that means something else by the time it was compared', async () => {
    const historian = await copied()
    historian.store.dirty.mark(A.id, DAY, 'catalogue')
    const read = historian.source.read.bind(historian.source)
    const redefined = { ...A, units: 'bar' }
    historian.source.read = (...args) => {
      historian.tags[0] = redefined
      return read(...args)
    }
    const outcome = await historian.sweep()
    expect(outcome.isLessDoubtful).toBe(false)
    expect(historian.store.dirty.get(A.id)?.windows).toEqual([DAY])
    expect((await historian.sweep()).isLessDoubtful).toBe(true)
    expect(historian.source.reads[0]?.tag).toBe(redefined)
    expect(historian.store.dirty.get(A.id)).toBeUndefined()
  })

  it('tells what it appended although it then breaks off', async () => {
    const historian = await copied()
    const B = testTag(2)
    historian.tags.push(B)
    historian.hold(B, [sample(1, 1), sample(2, 2)])
    await historian.cover(B, DAY)
    historian.insert(A, sample(5, 1))
    historian.insert(B, sample(5, 1))
    historian.amender.onAmend = async ({ tag }) => {
      if (tag === B.id) throw new BanyanError('BANYAN_LOG_UNAVAILABLE', 'away', { retryable: true })
    }
    const told: SweepOutcome[] = []
    const sweeping = historian.sweep({}, { onOutcome: (soFar) => told.push(soFar) })
    await expect(sweeping).rejects.toMatchObject({ code: 'BANYAN_LOG_UNAVAILABLE' })
    expect(told.at(-1)).toMatchObject({ revisions: { late: 1 }, repairedTags: 1, cells: 20 })
  })

  it('leaves a tag for the next sweep that is never the same twice', async () => {
    const historian = await copied()
    historian.store.dirty.mark(A.id, span(5, 6), 'hint')
    const read = historian.source.read.bind(historian.source)
    let value = 0
    historian.source.read = (...args) => {
      value += 1
      historian.remove(A, ({ ticks }) => ticks === 5n)
      historian.insert(A, sample(5, value))
      return read(...args)
    }
    const outcome = await historian.sweep()
    expect(outcome).toMatchObject({ postponed: [{ id: A.id, name: A.name }], repairedTags: 0, failures: [] })
    expect(historian.correctionsOf(A)).toEqual([])
    expect(historian.store.dirty.get(A.id)?.windows).toEqual([span(5, 6)])
    historian.source.read = read
    await historian.sweep()
    historian.expectEqual(A, DAY)
  })

  it('writes nothing twice when the answer to an append is lost', async () => {
    const historian = await copied()
    historian.insert(A, sample(5, 1))
    historian.amender.onAmend = async (entry) => {
      historian.amender.onAmend = async () => undefined
      await historian.amender.append(entry)
      throw new BanyanError('BANYAN_LOG_UNAVAILABLE', 'answer lost', { retryable: true })
    }
    await expect(historian.sweep()).rejects.toMatchObject({ code: 'BANYAN_LOG_UNAVAILABLE' })
    const outcome = await historian.sweep()
    expect(outcome.revisions.late).toBe(0)
    historian.expectEqual(A, DAY)
  })
})

/** What may happen to the history of one tag between two sweeps. */
const change = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), tag: fc.nat(3), at: fc.nat(99), value: fc.nat(3) }),
  fc.record({ kind: fc.constant('edit' as const), tag: fc.nat(3), at: fc.nat(99), value: fc.nat(3) }),
  fc.record({ kind: fc.constant('remove' as const), tag: fc.nat(3), at: fc.nat(99), value: fc.nat(3) }),
  fc.record({ kind: fc.constant('cover' as const), tag: fc.nat(3), at: fc.nat(9), value: fc.nat(3) }),
)

describe('sweep after sweep', () => {
  it('the current truth of the log is the history of the historian, whatever happened to it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(change, { maxLength: 12 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 40 }),
        async (rounds, pageSize) => {
          const tags = [1, 2, 3, 4].map(testTag)
          const historian = await CopiedHistorian.of(...tags)
          const covered = tags.map(() => new Set<number>())
          for (const changes of rounds) {
            for (const { kind, tag: index, at, value } of changes) {
              const tag = tags[index]!
              const isAt = ({ ticks }: Sample): boolean => ticks === BigInt(at)
              if (kind === 'insert') historian.insert(tag, sample(at, value))
              else if (kind === 'edit') historian.edit(tag, at, value)
              else if (kind === 'remove') historian.remove(tag, (one) => isAt(one) && one.ord <= value)
              else if (!covered[index]!.has(at)) {
                covered[index]!.add(at)
                // Off the grid of cells, so that coverage begins and ends within them.
                await historian.cover(tag, span(at * 10 + 3, at * 10 + 13))
              }
            }
            const outcome = await historian.sweep({}, { pageSize, acceptDeletions: true })
            expect(outcome).toMatchObject({ failures: [], postponed: [], findings: 0 })
            for (const [index, tag] of tags.entries()) {
              historian.expectEqual(tag, ...[...covered[index]!].map((n) => span(n * 10 + 3, n * 10 + 13)))
            }
            const { amendments: before } = historian.amender.progressOf(tags[0]!.id) ?? { amendments: 0 }
            expect((await historian.sweep({}, { pageSize })).revisions).toEqual({ late: 0, edited: 0, deleted: 0 })
            expect(historian.amender.progressOf(tags[0]!.id)?.amendments ?? 0).toBe(before)
          }
        },
      ),
      { numRuns: 25 },
    )
  })
})
