import { describe, expect, it } from 'vitest'
import { ticks } from '../../src/domain/ticks.ts'
import { window } from '../../src/domain/window.ts'
import { compareSides, SideFailed } from '../../src/verify/seam.ts'
import { MemorySource, samplesAt, testTag } from '../harness/memory-source.ts'

const A = testTag(1)
const WINDOW = window(ticks(0n), ticks(1_000_000n))
const PAGES = { primary: 7, fallback: 3 }
const { signal } = new AbortController()

function sides(): { primary: MemorySource; fallback: MemorySource } {
  const [primary, fallback] = [new MemorySource(), new MemorySource()]
  const samples = samplesAt(Array.from({ length: 50 }, (_, i) => BigInt(1_000 + 1_000 * i)))
  primary.archive.set(A.id, samples)
  fallback.archive.set(A.id, samples.slice(0, 45))
  return { primary, fallback }
}

describe('a seam', () => {
  it('is read from both sides to its end, whatever their pages', async () => {
    const counts = await compareSides(A, WINDOW, { ...sides(), pageSize: PAGES }, signal)
    expect(counts).toEqual({ equal: 45, onlyPrimary: 5, onlyFallback: 0, value: 0, quality: 0 })
  })

  it.each(['primary', 'fallback'] as const)('says which side failed: %s', async (side) => {
    const both = sides()
    both[side].nextFault = () => 'BANYAN_SOURCE_UNAVAILABLE'
    const comparing = compareSides(A, WINDOW, { ...both, pageSize: PAGES }, signal)
    await expect(comparing).rejects.toBeInstanceOf(SideFailed)
    await expect(comparing).rejects.toMatchObject({ side, cause: { code: 'BANYAN_SOURCE_UNAVAILABLE' } })
  })

  it('concludes nothing from pages that leave something out', async () => {
    const both = sides()
    both.fallback.read = async function* () {
      await Promise.resolve()
      yield { covers: { from: WINDOW.from, until: ticks(5n) }, source: 'opcua', samples: [] }
    }
    const comparing = compareSides(A, WINDOW, { ...both, pageSize: PAGES }, signal)
    await expect(comparing).rejects.toMatchObject({ code: 'BANYAN_INTERNAL' })
  })

  it('rejects with the reason of the signal', async () => {
    const reason = new Error('enough')
    const comparing = compareSides(A, WINDOW, { ...sides(), pageSize: PAGES }, AbortSignal.abort(reason))
    await expect(comparing).rejects.toBe(reason)
  })
})
