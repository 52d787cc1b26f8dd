import fc from 'fast-check'
import type { Message } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { sendsOf } from '../../../src/log/kafka/batches.ts'

const sizes = fc.array(fc.oneof(fc.nat(300), fc.integer({ min: 100_000, max: 1_200_000 })), { maxLength: 60 })
const partitions = fc.dictionary(fc.constantFrom('0', '1', '2', '3'), sizes, { maxKeys: 4 })

// One text for all lengths: the values need not differ, only be as long.
const TEXT = 'x'.repeat(1_200_000)

function messagesOf(lengths: readonly number[], partition: number): Message[] {
  return lengths.map((length, i) => ({ key: String(i), value: TEXT.slice(0, length), partition }))
}

describe('cutting an append into sends', () => {
  it('keeps every record, in order, and every send within its limits', () => {
    fc.assert(
      fc.property(partitions, (lengths) => {
        const input = new Map(Object.entries(lengths).map(([p, l]) => [Number(p), messagesOf(l, Number(p))]))
        const sends = sendsOf(input)
        const output = new Map<number, Message[]>()
        for (const slices of sends) {
          expect(new Set(slices.map(({ partition }) => partition)).size).toBe(slices.length)
          for (const { partition, messages } of slices) {
            output.set(partition, [...(output.get(partition) ?? []), ...messages])
            const bytes = messages.reduce((sum, { value }) => sum + (value?.length ?? 0), 0)
            expect(messages.length).toBeGreaterThan(0)
            expect(messages.length === 1 || bytes < 1_000_000).toBe(true)
          }
        }
        const expected = new Map([...input].filter(([, messages]) => messages.length > 0))
        expect(new Map([...output].toSorted(([a], [b]) => a - b))).toEqual(
          new Map([...expected].toSorted(([a], [b]) => a - b)),
        )
      }),
      { numRuns: 50 },
    )
  })

  it('makes as many sends as the fullest partition needs', () => {
    const many = new Map([
      [
        0,
        messagesOf(
          Array.from({ length: 3_200 }, () => 100),
          0,
        ),
      ],
      [1, messagesOf([1, 2, 3], 1)],
    ])
    const sends = sendsOf(many)
    expect(sends.map((slices) => slices.map(({ messages }) => messages.length))).toEqual([
      [1_000, 3],
      [1_000],
      [1_000],
      [200],
    ])
  })

  it('never leaves a send empty when partitions fill it up', () => {
    const wide = new Map(Array.from({ length: 30 }, (_, p) => [p, messagesOf([800_000, 800_000], p)]))
    const sends = sendsOf(wide)
    expect(sends.every((slices) => slices.length > 0)).toBe(true)
    expect(sends.flat()).toHaveLength(60)
  })
})
