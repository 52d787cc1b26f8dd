import { describe, expect, it } from 'vitest'
import { AdaptiveConcurrency } from '../../src/replay/concurrency.ts'

function answerMany(concurrency: AdaptiveConcurrency, count: number, latencyMs: number, rows = 1000): void {
  for (let i = 0; i < count; i++) concurrency.answered(rows, latencyMs, i)
}

describe('AdaptiveConcurrency', () => {
  it('grows by about one per round of answers, up to the cap and never above', () => {
    const concurrency = new AdaptiveConcurrency(8)
    expect(concurrency.allowed).toBe(4)
    answerMany(concurrency, 5, 20)
    expect(concurrency.allowed).toBe(5)
    answerMany(concurrency, 1000, 20)
    expect(concurrency.allowed).toBe(8)
  })

  it('halves when refused, once per second, and never below one', () => {
    const concurrency = new AdaptiveConcurrency(8)
    answerMany(concurrency, 1000, 20)
    for (let i = 0; i < 10; i++) concurrency.refused(5_000 + i)
    expect(concurrency.allowed).toBe(4)
    for (let i = 1; i < 20; i++) concurrency.refused(5_000 + i * 2_000)
    expect(concurrency.allowed).toBe(1)
  })

  it('shrinks when answers take much longer than usual for their size, not because they are larger', () => {
    const concurrency = new AdaptiveConcurrency(8)
    answerMany(concurrency, 1000, 100, 1000)
    concurrency.answered(100_000, 2_000, 10_000)
    expect(concurrency.allowed).toBe(8)
    concurrency.answered(1000, 2_000, 20_000)
    expect(concurrency.allowed).toBe(5)
  })
})
