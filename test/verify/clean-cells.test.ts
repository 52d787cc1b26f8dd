/**
 * Clean cells give no false alarm: a long copy, compared and read again in other pages, is green to the last cell.
 * BANYAN_CLEAN_CELLS=1000000 is the full number.
 */
import { expect, it } from 'vitest'
import { addVerdicts, NO_VERDICTS } from '../../src/domain/verdict.ts'
import { Random } from '../../src/simulator/random.ts'
import { testTag } from '../harness/memory-source.ts'
import { at, CopiedHistorian, sample, span } from './copied-historian.ts'
import { VerifiedHistorian } from './verified-historian.ts'

const CELLS = Number(process.env['BANYAN_CLEAN_CELLS'] ?? '50000')
const CELLS_PER_TAG = 2_500
/** Of ten ticks each: the width the harness compares by. */
const WINDOW = span(0, CELLS_PER_TAG * 10)

it(
  `${CELLS} clean cells give no false alarm`,
  async () => {
    const random = new Random(11)
    const tags = Array.from({ length: Math.ceil(CELLS / CELLS_PER_TAG) }, (_, i) => testTag(i + 1))
    const copied = await CopiedHistorian.of(...tags)
    for (const tag of tags) {
      // Cells of zero to four samples, ties and bad values among them.
      const samples = Array.from({ length: CELLS_PER_TAG * 2 }, () =>
        sample(random.below(CELLS_PER_TAG * 10), random.chance(0.01) ? NaN : Math.fround(random.next() * 100)),
      )
      copied.hold(tag, samples)
      await copied.cover(tag, WINDOW)
    }
    copied.settled = at(CELLS_PER_TAG * 10)
    const historian = new VerifiedHistorian(copied)
    const asked = tags.map(({ id }) => ({ tag: id, expected: WINDOW }))
    for (const [pageSize, depth] of [
      [1_000, 'log'],
      [137, 'projection'],
    ] as const) {
      const outcome = await historian.verify({ tags: asked, depth }, { pageSize })
      expect(outcome).toMatchObject({ judged: 0, logShort: 0, rows: tags.length * CELLS_PER_TAG * 2 })
      const verdicts = tags.map((tag) => historian.state(tag, WINDOW).verdicts).reduce(addVerdicts, NO_VERDICTS)
      expect(verdicts).toEqual({ ...NO_VERDICTS, match: tags.length * CELLS_PER_TAG })
    }
  },
  20 * 60_000,
)
