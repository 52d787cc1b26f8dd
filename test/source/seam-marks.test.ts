import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addWindow, covers, type Coverage } from '../../src/domain/coverage.ts'
import { parseTagId, type TagId } from '../../src/domain/tag-id.ts'
import { parseTicks, ticks, TICKS_PER_SECOND } from '../../src/domain/ticks.ts'
import type { Window } from '../../src/domain/window.ts'
import { SeamMarks } from '../../src/source/seam-marks.ts'

const A = parseTagId('pi/1')
const FROM = parseTicks('2025-06-01T12:00:00Z')
const span = (from: number, until: number): Window => ({
  from: ticks(FROM + BigInt(from) * TICKS_PER_SECOND),
  until: ticks(FROM + BigInt(until) * TICKS_PER_SECOND),
})

function recording(): { marks: SeamMarks; recorded: Window[] } {
  const recorded: Window[] = []
  const record = async (_tag: TagId, window: Window): Promise<void> => void recorded.push(window)
  return { marks: new SeamMarks(record, 60_000), recorded }
}

describe('seam marks', () => {
  it('have every served window recorded, with the overlap on both sides', async () => {
    const window = fc.tuple(fc.integer({ min: -90_000, max: 90_000 }), fc.integer({ min: 1, max: 9_000 }))
    await fc.assert(
      fc.asyncProperty(fc.array(window, { maxLength: 40 }), async (windows) => {
        const { marks, recorded } = recording()
        for (const [from, length] of windows) {
          await marks.served(A, span(from, from + length))
          const all = recorded.reduce<Coverage>((sum, one) => addWindow(sum, one), [])
          expect(covers(all, span(from - 60, from + length + 60))).toBe(true)
        }
      }),
    )
  })

  it('record a tag that is followed every few minutes, not with every page', async () => {
    const { marks, recorded } = recording()
    for (let second = 0; second < 3_600; second += 10) await marks.served(A, span(second, second + 10))
    expect(recorded.length).toBeGreaterThan(1)
    expect(recorded.length).toBeLessThan(10)
  })

  it('record anew what they were told to forget', async () => {
    const { marks, recorded } = recording()
    await marks.served(A, span(0, 10))
    await marks.served(A, span(0, 10))
    expect(recorded).toHaveLength(1)
    marks.forget(A)
    await marks.served(A, span(0, 10))
    expect(recorded).toHaveLength(2)
  })

  it('record again what they were told to forget while it was being recorded', async () => {
    const recorded: Window[] = []
    const marks: SeamMarks = new SeamMarks(async (tag, window) => {
      recorded.push(window)
      await Promise.resolve()
      if (recorded.length === 1) marks.forget(tag)
    }, 0)
    await marks.served(A, span(0, 10))
    await marks.served(A, span(0, 10))
    expect(recorded).toHaveLength(2)
  })

  it('know nothing of what could not be recorded', async () => {
    let isFull = true
    const recorded: Window[] = []
    const marks = new SeamMarks(async (_tag, window) => {
      if (isFull) throw new Error('disk full')
      recorded.push(window)
    }, 0)
    await expect(marks.served(A, span(0, 10))).rejects.toThrow('disk full')
    isFull = false
    await marks.served(A, span(0, 10))
    expect(recorded).toHaveLength(1)
  })

  it('begin at the beginning of time', async () => {
    const { marks, recorded } = recording()
    const from = parseTicks('0001-01-01T00:00:00Z')
    await marks.served(A, { from, until: FROM })
    expect(recorded[0]!.from).toBe(from)
  })
})
