import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ParityReport } from '../../src/report/model.ts'
import { renderParityPage } from '../../src/report/html/parity-page.ts'
import { ReportCache } from '../../src/web/report-cache.ts'
import { reportFixture } from '../harness/report-fixture.ts'

const REPORT = reportFixture()
let made: number
let make: () => Promise<ParityReport>
let cache: ReportCache<ParityReport>

beforeEach(() => {
  vi.useFakeTimers()
  made = 0
  make = () => Promise.resolve(REPORT)
  cache = new ReportCache(() => {
    made += 1
    return make()
  }, renderParityPage)
})

afterEach(() => {
  vi.useRealTimers()
})

test('however many ask at once, in whatever form, one report is made', async () => {
  const answers = await Promise.all([cache.text('json'), cache.text('html'), cache.text('json')])
  expect(made).toBe(1)
  expect(answers[0]).toBe(answers[2])
  expect(JSON.parse(answers[0])).toMatchObject({ kind: 'parity' })
})

test('it is kept for ten seconds after it was made, however long that took', async () => {
  make = () => new Promise((resolve) => setTimeout(resolve, 60_000, REPORT))
  const first = cache.text('json')
  await vi.advanceTimersByTimeAsync(60_000)
  await first
  await vi.advanceTimersByTimeAsync(9_999)
  await cache.text('json')
  expect(made).toBe(1)
  await vi.advanceTimersByTimeAsync(1)
  void cache.text('json')
  expect(made).toBe(2)
})

test('a failure is told to those who waited, and not kept', async () => {
  make = () => Promise.reject(new Error('store locked'))
  await expect(cache.text('json')).rejects.toThrow('store locked')
  make = () => Promise.resolve(REPORT)
  await expect(cache.text('json')).resolves.toContain('parity')
})

test('a client is given nothing that its terminal acts on, and every sign of a zero', async () => {
  const [cell] = REPORT.doubtful
  const sample = { ts: '2026-03-01T00:00:00.0000000Z', ord: 0, type: 'float64', value: -0, status: 0, flags: [] }
  const difference = { class: 'VALUE' as const, historian: sample, log: { ...sample, value: 0 } }
  if (cell === undefined) throw new Error('the fixture has no doubtful cell')
  make = () => Promise.resolve({ ...REPORT, doubtful: [{ ...cell, name: 'FIC\u202e1', differences: [difference] }] })
  const text = await cache.text('json')
  expect(text.includes('\u202e')).toBe(false)
  expect(JSON.parse(text)).toMatchObject({
    doubtful: [{ name: 'FIC\u202e1', differences: [{ historian: { value: '-0' }, log: { value: 0 } }] }],
  })
})
