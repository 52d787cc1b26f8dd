/** Planted faults: each changes the digest, and the comparison that the verifier uses finds every one. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SEEDED_FAULTS, type SeededFault } from '../../../src/app/cutover/seeded-faults.ts'
import { EMPTY_DIGEST, addDigests, hashSample, type Digest } from '../../../src/domain/digest.ts'
import type { Sample } from '../../../src/domain/sample.ts'
import { ticks } from '../../../src/domain/ticks.ts'
import { anySample } from '../../log/arbitrary-sample.ts'
import { CutoverSite, HOUR, never } from './cutover-site.ts'

const WINDOW = { from: ticks(0n), until: ticks(HOUR) }

function digestOf(samples: readonly Sample[]): Digest {
  return samples.reduce((sum, one) => addDigests(sum, { count: 1, sum: hashSample(one) }), EMPTY_DIGEST)
}

it('a fault changes what is there, and leaves the original alone', () => {
  const cell = fc
    .array(anySample, { maxLength: 8 })
    .map((samples) => samples.map((sample, i) => ({ ...sample, ticks: ticks(BigInt(i) * 3n), ord: 0 })))
  const faults = fc.constantFrom<SeededFault>(...Object.values(SEEDED_FAULTS))
  fc.assert(
    fc.property(cell, faults, (samples, fault) => {
      const before = digestOf(samples)
      const faulty = fault(samples, WINDOW)
      fc.pre(faulty !== undefined)
      expect(digestOf(faulty)).not.toEqual(before)
      expect(digestOf(samples)).toEqual(before)
      for (const { ticks: at } of faulty) expect(at >= WINDOW.from && at < WINDOW.until).toBe(true)
    }),
  )
})

it('plants every kind into real cells and finds them all', async () => {
  const site = await CutoverSite.open()
  await site.backfill()
  await site.desk.adopt(never)
  const kinds = Object.keys(SEEDED_FAULTS).length
  expect(await site.desk.checkVitality('boiler', never)).toEqual({ planted: 2 * kinds, found: 2 * kinds })
  const [fact] = site.store.cutoverFacts.facts('seeded-faults', 0, 1)
  expect(fact).toMatchObject({ workload: 'boiler', detail: { planted: 2 * kinds, found: 2 * kinds } })
})

it('plants nothing where there is nothing, and then shows nothing', async () => {
  const site = await CutoverSite.open()
  expect(await site.desk.checkVitality('boiler', never)).toEqual({ planted: 0, found: 0 })
})
