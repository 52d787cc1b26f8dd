import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { capabilityTable, withTable } from '../../scripts/capability-table.ts'
import { TIER_CAPABILITY } from '../../src/report/capability.ts'
import { CATALOGUE, REORDER } from './catalogue.ts'
import { computeCapability } from './tiers.ts'

/** Two thousand comparisons of two thousand samples, on a machine that is busy. */
const PATIENCE_MS = 300_000

it(
  'publishes what the tiers see, no more and no less',
  () => {
    expect(TIER_CAPABILITY, 'src/report/capability.ts is out of date: run "npm run capability:update"').toEqual(
      computeCapability(),
    )
  },
  PATIENCE_MS,
)

it('is the table of the documentation', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'parity.md'), 'utf8')
  const message = 'docs/parity.md is out of date: run "npm run capability:update"'
  expect(page, message).toBe(withTable(page, capabilityTable(TIER_CAPABILITY)))
})

it('sees every fault of the catalogue by digest and by rows, and says what nothing sees', () => {
  const faults = CATALOGUE.map(({ fault }) => fault)
  for (const tier of ['digest', 'rows']) {
    expect(TIER_CAPABILITY.find((one) => one.tier === tier)).toMatchObject({ sees: faults, cannotSee: [REORDER.fault] })
  }
})
