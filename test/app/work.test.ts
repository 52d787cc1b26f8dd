import { describe, expect, it } from 'vitest'
import type { BackfillScope } from '../../src/app/backfill-scope.ts'
import type { SelectedTag } from '../../src/app/selection.ts'
import { planWork } from '../../src/app/work.ts'
import type { Tag } from '../../src/domain/tag.ts'
import { END_OF_PI_TIME, ticks, type Ticks } from '../../src/domain/ticks.ts'
import { testTag } from '../harness/memory-source.ts'

const at = (value: number): Ticks => ticks(BigInt(value))
const EVERYTHING: BackfillScope = { tags: [], from: undefined, until: undefined, order: undefined }

function selected(tag: Tag, from?: number): SelectedTag {
  const backfill = from === undefined ? undefined : { from: at(from), until: undefined, order: 'newest-first' as const }
  return { tag, rule: { historian: 'test', include: ['*'], exclude: [], names: [], file: undefined, backfill } }
}

const plan = (
  item: SelectedTag,
  { settled = 1000, liveFrom }: { settled?: number; liveFrom?: number },
  scope = EVERYTHING,
) =>
  planWork([item], scope, {
    settled: new Map([['test', at(settled)]]),
    liveFrom: () => (liveFrom === undefined ? undefined : at(liveFrom)),
  })

describe('a backfill beside a live tail', () => {
  // The job asked for the time before the tail began: what lies between the two would be nobody's.
  it('ends exactly where the tail begins, whatever was settled when the job looked', () => {
    expect(plan(selected(testTag(1), 10), { settled: 900, liveFrom: 1000 })).toMatchObject([
      { range: { from: 10n, until: 1000n } },
    ])
    expect(plan(selected(testTag(1), 10), { settled: 1100, liveFrom: 1000 })).toMatchObject([
      { range: { from: 10n, until: 1000n } },
    ])
  })

  it('ends earlier only when asked to', () => {
    const scope = { ...EVERYTHING, until: at(500) }
    expect(plan(selected(testTag(1), 10), { liveFrom: 1000 }, scope)).toMatchObject([{ range: { until: 500n } }])
  })

  it('leaves the future of a forecast to the tail', () => {
    const [work] = plan(selected({ ...testTag(1), future: true }, 10), { liveFrom: 1000 })
    expect(work).toMatchObject({ range: { until: 1000n }, order: 'newest-first', provisionalFrom: undefined })
  })

  // A backfill in the foreground copied the forecasts known then; the tail begins after the last of them.
  it('proves nothing by finding nothing, where the tail begins in the future', () => {
    const [work] = plan(selected({ ...testTag(1), future: true }, 10), { settled: 1000, liveFrom: 2000 })
    expect(work).toMatchObject({ range: { until: 2000n }, order: 'oldest-first', provisionalFrom: 1000n })
  })

  it('has nothing to do, and no complaint, when the tail has it all', () => {
    expect(plan(selected(testTag(1), 1000), { liveFrom: 1000 })).toEqual([])
  })
})

describe('a backfill alone', () => {
  it('ends where samples are settled', () => {
    expect(plan(selected(testTag(1), 10), {})).toMatchObject([{ range: { from: 10n, until: 1000n } }])
  })

  it('reads forecasts oldest first to the end of time, and proves nothing by finding nothing there', () => {
    const [work] = plan(selected({ ...testTag(1), future: true }, 10), {})
    expect(work).toMatchObject({ range: { until: END_OF_PI_TIME }, order: 'oldest-first', provisionalFrom: 1000n })
  })

  it('is refused when nothing says where to begin', () => {
    expect(() => plan(selected(testTag(1)), {})).toThrow('nothing to copy')
  })
})
