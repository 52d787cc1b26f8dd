import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readRepairPlan, repairPlanFrom } from '../../src/app/repair-plan.ts'
import { parseTicks } from '../../src/domain/ticks.ts'

const hour = (n: number): string => `2026-03-01T${String(n).padStart(2, '0')}:00:00.0000000Z`

function plan(...windows: readonly (readonly [tag: string, from: string, until: string])[]) {
  return { schemaVersion: 1, bridge: 'north', windows: windows.map(([tag, from, until]) => ({ tag, from, until })) }
}

test('windows of a tag are merged, in whatever order they come', () => {
  const json = plan(
    ['pi/1', hour(5), hour(6)],
    ['pi/2', hour(0), hour(1)],
    ['pi/1', hour(1), hour(3)],
    ['pi/1', hour(2), hour(5)],
  )
  expect([...repairPlanFrom(json, 'north')]).toEqual([
    ['pi/1', [{ from: parseTicks(hour(1)), until: parseTicks(hour(6)) }]],
    ['pi/2', [{ from: parseTicks(hour(0)), until: parseTicks(hour(1)) }]],
  ])
})

test('a report may be given for its plan', () => {
  const report = { kind: 'parity', repairPlan: plan(['pi/1', hour(0), hour(1)]) }
  expect([...repairPlanFrom(report, 'north').keys()]).toEqual(['pi/1'])
})

test.each([
  [[], /not an object/],
  ['plan', /not an object/],
  [{}, /schemaVersion is undefined/],
  [{ ...plan(), schemaVersion: 2 }, /schemaVersion is 2/],
  [{ ...plan(), bridge: 'south' }, /made for bridge "south", not north/],
  [{ ...plan(), windows: {} }, /not a list/],
  [{ ...plan(), windows: [null] }, /a window is not an object/],
  [plan(['no id', hour(0), hour(1)]), /not a tag id/],
  [plan(['pi/1', hour(1), hour(1)]), /empty window/],
  [plan(['pi/1', '2026-03-01', hour(1)]), /not a UTC time/],
  [{ ...plan(), windows: [{ tag: 'pi/1', from: 0, until: hour(1) }] }, /from of a window is not text/],
])('%j is refused', (json, reason) => {
  expect(() => repairPlanFrom(json, 'north')).toThrow(reason)
})

test('what is no file, or has no end, is not read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-plan-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true })
  })
  expect(() => readRepairPlan('/dev/zero', 'north')).toThrow('it is no ordinary file')
  expect(() => readRepairPlan(folder, 'north')).toThrow('it is no ordinary file')
  expect(() => readRepairPlan(join(folder, 'none'), 'north')).toThrow('cannot read')
  writeFileSync(join(folder, 'cut'), '{"schemaVersion":1,')
  expect(() => readRepairPlan(join(folder, 'cut'), 'north')).toThrow('is not a repair plan')
})
