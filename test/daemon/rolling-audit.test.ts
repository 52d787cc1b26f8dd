import { describe, expect, it } from 'vitest'
import { CurrentTags } from '../../src/daemon/current-tags.ts'
import { RollingAudit } from '../../src/daemon/rolling-audit.ts'
import type { Tag } from '../../src/domain/tag.ts'
import { testTag } from '../harness/memory-source.ts'
import { CopiedHistorian, sample, span, WIDTH } from '../verify/copied-historian.ts'
import { RULES, VerifiedHistorian } from '../verify/verified-historian.ts'

const never = new AbortController().signal
const [A, B, C] = [testTag(1), testTag(2), testTag(3)]
const MINUTE_MS = 60_000

interface Audited {
  readonly historian: VerifiedHistorian
  readonly audit: RollingAudit
  /** What the audit takes for now. */
  readonly clock: { nowMs: number }
}

/** `cells` of each tag, a sample in each. */
async function audited(tags: readonly Tag[], cells: number, random = 0): Promise<Audited> {
  const copied = await CopiedHistorian.of(...tags)
  for (const tag of tags) {
    copied.hold(
      tag,
      Array.from({ length: cells }, (_, i) => sample(BigInt(i) * WIDTH, i)),
    )
    await copied.cover(tag, span(0, BigInt(cells) * WIDTH))
  }
  await copied.fold(never)
  const current = new CurrentTags()
  current.set(tags)
  const { store, log } = copied
  const parts = { store, log, tags: current, cellWidth: WIDTH, rules: RULES }
  const clock = { nowMs: 0 }
  const audit = new RollingAudit({ ...parts, random: () => random, clock: () => clock.nowMs })
  return { historian: new VerifiedHistorian(copied), audit, clock }
}

describe('a turn', () => {
  it('audits everything that fits, and finds what the log shows no more', async () => {
    const { audit, historian } = await audited([A, B, C], 10)
    expect(await audit.turn(never)).toEqual({ cells: 30, short: 0 })
    historian.lose(B, (tick) => tick === 40n || tick === 50n)
    expect(await audit.turn(never)).toEqual({ cells: 30, short: 2 })
    expect([...historian.copied.store.verdicts.logShort(B.id, span(0, 1_000))]).toEqual([40n, 50n])
  })

  it('of more than fits goes on where the last one stopped, and comes round', async () => {
    const { audit } = await audited([A, B], 15_000, 0.5)
    // It was drawn to begin at B: all of B and a part of A, the rest of A and a part of B.
    expect(await audit.turn(never)).toMatchObject({ cells: 20_000 })
    expect(await audit.turn(never)).toMatchObject({ cells: 20_000 })
    expect(await audit.turn(never)).toMatchObject({ cells: 20_000 })
  })

  it('finds a loss wherever it is in the round', async () => {
    const { audit, historian } = await audited([A, B], 15_000)
    historian.lose(A, (tick) => tick === 149_990n)
    historian.lose(B, (tick) => tick === 149_990n)
    const [first, second] = [await audit.turn(never), await audit.turn(never)]
    expect([first.short, second.short]).toEqual([1, 1])
  })

  it('with nothing to audit does nothing', async () => {
    const { audit } = await audited([], 0)
    expect(await audit.turn(never)).toEqual({ cells: 0, short: 0 })
  })
})

describe('when', () => {
  it('not at once, and then every ten minutes', async () => {
    const { audit, clock } = await audited([A], 1)
    const turns: number[] = []
    for (clock.nowMs = 0; clock.nowMs <= 30 * MINUTE_MS; clock.nowMs += MINUTE_MS) {
      if ((await audit.turnIfDue(never)).cells > 0) turns.push(clock.nowMs / MINUTE_MS)
    }
    expect(turns).toEqual([10, 20, 30])
  })

  it('a twentieth of the time, however long a turn takes', async () => {
    const { audit, historian, clock } = await audited([A], 1)
    const begin = historian.copied.log.begin.bind(historian.copied.log)
    historian.copied.log.begin = (...args) => {
      clock.nowMs += 5 * MINUTE_MS
      return begin(...args)
    }
    clock.nowMs = 10 * MINUTE_MS
    expect(await audit.turnIfDue(never)).toMatchObject({ cells: 1 })
    clock.nowMs = 110 * MINUTE_MS - 1
    expect(await audit.turnIfDue(never)).toMatchObject({ cells: 0 })
    clock.nowMs = 110 * MINUTE_MS
    expect(await audit.turnIfDue(never)).toMatchObject({ cells: 1 })
  })
})
