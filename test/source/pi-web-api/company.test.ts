import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Company, MAX_STREAMS } from '../../../src/source/pi-web-api/company.ts'
import { SMALL_PAGE } from '../../../src/source/pi-web-api/options.ts'

const streams = (count: number): { pointId: number }[] => Array.from({ length: count }, (_, i) => ({ pointId: i }))

const sizes = (company: Company, count: number): number[] =>
  company.group(streams(count)).map(({ members }) => members.length)

describe('Company', () => {
  it('fills whole calls with streams that bring nothing, or now and then a row', () => {
    const company = new Company()
    for (let i = 0; i < 1_000; i += 100) company.learn(i, 1)
    expect(sizes(company, 1_000)).toEqual([...Array.from({ length: 12 }, () => MAX_STREAMS), 1_000 % MAX_STREAMS])
  })

  it('lets no lively stream spoil the call of the quiet ones', () => {
    const company = new Company()
    company.learn(7, 900)
    company.distrust(8)
    const groups = company.group(streams(20))
    expect(groups.map(({ members }) => members.map(({ pointId }) => pointId))).toEqual([
      streams(20).flatMap(({ pointId }) => (pointId === 7 || pointId === 8 ? [] : [pointId])),
      [7],
      [8],
    ])
  })

  it('takes a distrusted stream in again once it has answered for itself', () => {
    const company = new Company()
    company.distrust(0)
    expect(sizes(company, 2)).toEqual([1, 1])
    company.learn(0, 3)
    expect(sizes(company, 2)).toEqual([2])
  })

  it('property: every stream once; what is expected fits below maxCount, and below the bounds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 150_000 })), {
          maxLength: 400,
        }),
        (rows) => {
          const company = new Company()
          for (const [pointId, count] of rows.entries()) company.learn(pointId, count)
          const groups = company.group(streams(rows.length))
          const grouped = groups.flatMap(({ members }) => members.map(({ pointId }) => pointId))
          expect(grouped.toSorted((a, b) => a - b)).toEqual(rows.map((_, i) => i))
          for (const { members, maxCount } of groups) {
            const expected = members.reduce((sum, { pointId }) => sum + rows[pointId]!, 0)
            expect(members.length).toBeLessThanOrEqual(MAX_STREAMS)
            expect(maxCount).toBeLessThanOrEqual(SMALL_PAGE)
            expect(maxCount).toBeGreaterThan(0)
            if (members.length > 1) expect(expected).toBeLessThan(maxCount)
          }
        },
      ),
    )
  })
})
