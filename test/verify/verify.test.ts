import { describe, expect, it } from 'vitest'
import { BanyanError, type ErrorCode } from '../../src/domain/errors.ts'
import type { Tag } from '../../src/domain/tag.ts'
import { NO_VERDICTS, type VerdictCounts } from '../../src/domain/verdict.ts'
import { CauseTally } from '../../src/verify/classify/cause-tally.ts'
import { decodeTraits } from '../../src/verify/kept-traits.ts'
import { AGREEING_LOOKS } from '../../src/verify/open-doubts.ts'
import { needOf } from '../../src/verify/planner.ts'
import { testTag } from '../harness/memory-source.ts'
import { at, CopiedHistorian, sample, span } from './copied-historian.ts'
import { ALL, cell, NO_PAUSE, VerifiedHistorian } from './verified-historian.ts'

const [A, B] = [testTag(1), testTag(2)]

/** Tags with a sample every other tick of a thousand, copied whole: a hundred cells each. */
async function verified(...tags: Tag[]): Promise<VerifiedHistorian> {
  const copied = await CopiedHistorian.of(...tags)
  for (const tag of tags) {
    copied.hold(
      tag,
      Array.from({ length: 500 }, (_, i) => sample(2 * i, i)),
    )
    await copied.cover(tag, ALL)
  }
  return new VerifiedHistorian(copied)
}

function counts(some: Partial<VerdictCounts>): VerdictCounts {
  return { ...NO_VERDICTS, ...some }
}

describe('a verification', () => {
  it('finds a copy equal, by one read of what it holds', async () => {
    const historian = await verified(A, B)
    const outcome = await historian.verify()
    expect(outcome).toEqual({ cells: 200, rows: 1_000, judged: 0, logShort: 0, isPartial: false, failures: [] })
    for (const tag of [A, B]) {
      expect(historian.state(tag)).toMatchObject({
        verdicts: counts({ match: 100 }),
        samplesProven: 500,
        samplesInLog: 500,
        copied: 100,
        settled: 100,
        compared: 100,
      })
    }
  })

  it('calls nothing green that nobody looked at', async () => {
    const historian = await verified(A)
    await historian.copied.fold(new AbortController().signal)
    expect(historian.state(A).pending).toEqual({ 'not-looked-at': 100 })
  })

  it('tells empty cells that were compared from those that were not', async () => {
    const copied = await CopiedHistorian.of(A)
    await copied.cover(A, span(0, 50))
    const historian = new VerifiedHistorian(copied)
    await historian.verify()
    const state = historian.state(A, span(0, 100))
    expect(state.verdicts).toEqual(counts({ match: 5, pending: 5 }))
    expect(state.pending).toEqual({ 'not-covered': 5 })
  })

  it('leaves what is not settled or not copied pending, whole cells of it', async () => {
    const copied = await CopiedHistorian.of(A)
    copied.hold(
      A,
      Array.from({ length: 100 }, (_, i) => sample(i, i)),
    )
    await copied.cover(A, span(15, 85))
    copied.settled = at(72)
    const historian = new VerifiedHistorian(copied)
    await historian.verify({ tags: [{ tag: A.id, expected: span(0, 100) }] })
    const state = historian.state(A, span(0, 100))
    expect(state.states.heat({ from: at(0), columnTicks: 10n, columns: 10 })).toBe('2p5m3p')
    expect(state.pending).toEqual({ 'not-covered': 2, 'not-settled': 3 })
    expect(state.copied).toBe(6)
    // The beginning of the tag lies inside a cell: nothing is expected of it before.
    await historian.verify({ tags: [{ tag: A.id, expected: span(15, 100) }] })
    expect(cell(historian.state(A, span(15, 100)), 10)).toBe('match')
    expect(cell(historian.state(A, span(14, 100)), 10)).toBe('pending: not-covered')
  })

  it('names what differs on either side, in its cell', async () => {
    const historian = await verified(A)
    historian.copied.insert(A, sample(5, 99))
    historian.copied.remove(A, ({ ticks }) => ticks === 40n)
    historian.copied.hold(
      A,
      historian.copied.held(A).map((one) => (one.ticks === 80n ? sample(80, 7) : one)),
    )
    const outcome = await historian.verify()
    expect(outcome.judged).toBe(3)
    const state = historian.state(A)
    expect(state.verdicts).toEqual(counts({ match: 97, mismatch: 3 }))
    expect(state.classes).toEqual({ MISSING: 1, EXTRA: 1, VALUE: 1 })
    expect(state.doubtful.map(({ start, classes }) => [start, classes])).toEqual([
      [0n, { MISSING: 1 }],
      [40n, { EXTRA: 1 }],
      [80n, { VALUE: 1 }],
    ])
    expect(historian.copied.store.verdicts.kept(A.id, at(80))).toMatchObject({
      maxDeviation: 33,
      differences: [{ class: 'VALUE', historian: { value: 7 }, log: { value: 40 } }],
      differencesLeftOut: 0,
      historian: { values: [7, 41, 42, 43, 44] },
      log: { values: [40, 41, 42, 43, 44] },
    })
    expect(state.samplesProven).toBe(485)
  })

  it('looks several times before it calls a mismatch, and is pending until then', async () => {
    const historian = await verified(A)
    await historian.verify()
    historian.copied.edit(A, 40, 7)
    const seen: string[] = []
    await historian.verify(
      {},
      {
        project: async (signal) => {
          await historian.copied.fold(signal)
          seen.push(cell(historian.state(A), 40))
        },
      },
    )
    expect(seen).toEqual(['match', ...Array.from({ length: AGREEING_LOOKS - 1 }, () => 'pending: doubted-since')])
    expect(cell(historian.state(A), 40)).toBe('mismatch')
  })

  it('believes no difference that is gone when it looks again', async () => {
    const historian = await verified(A)
    const held = historian.copied.held(A)
    const read = historian.copied.source.read.bind(historian.copied.source)
    let reads = 0
    historian.copied.source.read = (...args) => {
      reads += 1
      historian.copied.hold(A, reads < AGREEING_LOOKS ? held.slice(1) : held)
      return read(...args)
    }
    await historian.verify()
    expect(historian.state(A).verdicts).toEqual(counts({ match: 100 }))
  })

  it('calls a cell that is never twice the same inconclusive', async () => {
    const historian = await verified(A)
    const read = historian.copied.source.read.bind(historian.copied.source)
    let value = 1_000
    historian.copied.source.read = (...args) => {
      value += 1
      historian.copied.edit(A, 40, value)
      return read(...args)
    }
    await historian.verify()
    const state = historian.state(A)
    expect(state.inconclusive).toEqual({ moving: 1 })
    expect(state.verdicts).toEqual(counts({ match: 99, inconclusive: 1 }))
  })

  it('lets cells of many tags wait together', async () => {
    const tags = Array.from({ length: 30 }, (_, i) => testTag(i + 1))
    const historian = await verified(...tags)
    for (const tag of tags) historian.copied.edit(tag, 40, -1)
    let looks = 0
    await historian.verify(
      {},
      {
        project: (signal) => {
          looks += 1
          return historian.copied.fold(signal)
        },
      },
    )
    expect(looks).toBe(AGREEING_LOOKS)
    expect(tags.every((tag) => cell(historian.state(tag), 40) === 'mismatch')).toBe(true)
  })

  it('stops at its budget, says so, and goes on from there', async () => {
    const tags = Array.from({ length: 250 }, (_, i) => testTag(i + 1))
    const historian = await verified(...tags)
    const firstLook = historian.copied.store.looks.latest() + 1
    expect(await historian.verify({ rowBudget: 1 })).toMatchObject({ isPartial: true, rows: 100_000 })
    expect(await historian.verify({ sinceLook: firstLook })).toMatchObject({ isPartial: false, rows: 25_000 })
    expect(tags.every((tag) => historian.state(tag).verdicts.match === 100)).toBe(true)
  })
})

describe('a verdict', () => {
  it('is void once the log has another record of its cell, and of no other', async () => {
    const historian = await verified(A)
    await historian.verify()
    historian.copied.insert(A, sample(41, 1))
    await historian.sweep()
    await historian.copied.fold(new AbortController().signal)
    const state = historian.state(A)
    expect(cell(state, 40)).toBe('pending: changed-since')
    expect(state.verdicts.match).toBe(99)
    await historian.verify()
    expect(historian.state(A).verdicts).toEqual(counts({ match: 100 }))
  })

  it('is void once a record appears in a cell that was empty', async () => {
    const copied = await CopiedHistorian.of(A)
    await copied.cover(A, ALL)
    const historian = new VerifiedHistorian(copied)
    await historian.verify()
    copied.insert(A, sample(41, 1))
    await historian.sweep()
    await copied.fold(new AbortController().signal)
    expect(historian.state(A).pending).toEqual({ 'changed-since': 1 })
  })

  it('is void once its place is marked as doubtful, until it is compared again', async () => {
    const historian = await verified(A)
    historian.copied.store.dirty.mark(A.id, span(700, 705), 'hint')
    await historian.verify()
    expect(historian.state(A).verdicts.match).toBe(100)
    historian.copied.store.dirty.mark(A.id, span(35, 42), 'hint')
    const state = historian.state(A)
    expect(state.pending).toEqual({ 'doubted-since': 2 })
    expect([cell(state, 30), cell(state, 40)]).toEqual(['pending: doubted-since', 'pending: doubted-since'])
    await historian.verify({ tags: [{ tag: A.id, expected: ALL, windows: [span(30, 50)] }] })
    expect(historian.state(A).verdicts.match).toBe(100)
  })

  it('is void under other rules and another width', async () => {
    const historian = await verified(A)
    await historian.verify()
    expect(historian.state(A, ALL, { rules: 'other' }).pending).toEqual({ 'rules-changed': 100 })
    expect(historian.state(A, ALL, { width: 20n }).verdicts.match).toBe(0)
  })

  it('is void once the log says something else although it has as many records', async () => {
    const historian = await verified(A)
    await historian.verify()
    const records = historian.copied.log.records[historian.copied.log.shardOf(A.id)]!
    const other = records.findIndex(({ record }) => record.sample.ticks === 40n)
    records[other] = { ...records[other]!, record: { ...records[other]!.record, sample: sample(40, -1) } }
    await historian.rebuild()
    expect(cell(historian.state(A), 40)).toBe('pending: changed-since')
  })

  it('counts only from a given look on, where that is asked for', async () => {
    const historian = await verified(A)
    await historian.verify()
    const sinceLook = historian.copied.store.looks.latest() + 1
    expect(historian.state(A, ALL, { sinceLook }).pending).toEqual({ 'not-looked-at': 100 })
    await historian.verify({ tags: [{ tag: A.id, expected: ALL, windows: [span(0, 30)] }] })
    expect(historian.state(A, ALL, { sinceLook }).verdicts).toEqual(counts({ match: 3, pending: 97 }))
  })
})

describe('a historian that does not answer', () => {
  const answers: [ErrorCode, string][] = [
    ['BANYAN_SOURCE_FORBIDDEN', 'unreadable'],
    ['BANYAN_SOURCE_PROTOCOL', 'unreadable'],
    ['BANYAN_TICK_GROUP_TOO_LARGE', 'unreadable'],
    ['BANYAN_SOURCE_UNAVAILABLE', 'unanswered'],
  ]
  it.each(answers)('with %s for one tag makes its cells inconclusive, all of them', async (code, reason) => {
    const historian = await verified(A, B)
    await historian.verify()
    let pages = 0
    historian.copied.source.nextFault = (tag) => (tag === A && (pages += 1) === 3 ? code : undefined)
    const outcome = await historian.verify({}, { pageSize: 100 })
    expect(outcome.failures.map(({ tag }) => tag)).toEqual([A.id])
    expect(historian.state(A).inconclusive).toEqual({ [reason]: 100 })
    expect(historian.state(B).verdicts).toEqual(counts({ match: 100 }))
    historian.copied.source.nextFault = () => undefined
    await historian.verify()
    expect(historian.state(A).verdicts).toEqual(counts({ match: 100 }))
  })

  it('at all ends the verification, and nothing is green that was not', async () => {
    const historian = await verified(A)
    historian.copied.source.nextFault = () => 'BANYAN_SOURCE_UNAVAILABLE'
    historian.copied.source.probeFault = () => 'BANYAN_SOURCE_DOWN'
    await expect(historian.verify()).rejects.toMatchObject({ code: 'BANYAN_SOURCE_DOWN' })
    expect(historian.state(A).pending).toEqual({ 'not-looked-at': 100 })
  })

  it('while the rows of a difference are read makes that cell inconclusive', async () => {
    const historian = await verified(A)
    historian.copied.edit(A, 40, 7)
    let reads = 0
    const read = historian.copied.source.read.bind(historian.copied.source)
    historian.copied.source.read = (...args) => {
      reads += 1
      historian.copied.source.nextFault = () => (reads > AGREEING_LOOKS ? 'BANYAN_SOURCE_PROTOCOL' : undefined)
      return read(...args)
    }
    await historian.verify()
    expect(reads).toBe(AGREEING_LOOKS + 1)
    expect(historian.state(A)).toMatchObject({ inconclusive: { unreadable: 1 }, verdicts: { match: 99 } })
  })

  it('keeps a mismatch it was found with before', async () => {
    const historian = await verified(A)
    historian.copied.edit(A, 40, 7)
    await historian.verify()
    historian.copied.source.nextFault = () => 'BANYAN_SOURCE_FORBIDDEN'
    await historian.verify()
    expect(historian.state(A).verdicts).toEqual(counts({ mismatch: 1, inconclusive: 99 }))
  })

  it('with nothing where there was much is not believed; with less it is', async () => {
    const tags = Array.from({ length: 10 }, (_, i) => testTag(i + 1))
    const historian = await verified(...tags)
    historian.copied.remove(A, ({ ticks }) => ticks >= 100n && ticks < 200n)
    for (let n = 300; n < 400; n += 10) historian.copied.remove(B, ({ ticks }) => ticks === BigInt(n))
    for (const tag of tags.slice(4)) historian.copied.remove(tag, () => true)
    await historian.verify()
    expect(historian.state(A)).toMatchObject({ inconclusive: { 'loss-not-believed': 10 }, verdicts: { match: 90 } })
    expect(historian.state(B)).toMatchObject({ verdicts: counts({ match: 90, mismatch: 10 }), classes: { EXTRA: 10 } })
    expect(historian.state(tags[5]!).inconclusive).toEqual({ 'loss-not-believed': 100 })
  })
})

describe('a log that lost records after they were folded', () => {
  it('is not noticed by digests, and by a verification that reads it', async () => {
    const historian = await verified(A)
    await historian.verify()
    expect(historian.lose(A, (tick) => tick === 40n)).toBe(1)
    await historian.verify()
    expect(historian.state(A).verdicts).toEqual(counts({ match: 100 }))
    const outcome = await historian.verify({ depth: 'log' })
    expect(outcome).toMatchObject({ logShort: 1, judged: 1 })
    expect(historian.state(A)).toMatchObject({
      verdicts: counts({ match: 99, mismatch: 1 }),
      classes: { MISSING: 1 },
    })
  })

  it('stays a mismatch for whoever compares digests afterwards, sweeps included', async () => {
    const historian = await verified(A)
    await historian.verify()
    historian.lose(A, (tick) => tick === 40n)
    await historian.verify({ depth: 'log' })
    await historian.sweep()
    expect(cell(historian.state(A), 40)).toBe('mismatch')
    await historian.verify()
    expect(cell(historian.state(A), 40)).toBe('mismatch')
    historian.copied.source.nextFault = () => 'BANYAN_SOURCE_FORBIDDEN'
    await historian.verify()
    historian.copied.source.nextFault = () => undefined
    await historian.sweep()
    expect(historian.state(A).verdicts.match).toBe(99)
  })

  it('is a mismatch of the right class once the store is rebuilt, and mended by a sweep', async () => {
    const historian = await verified(A)
    await historian.verify()
    historian.lose(A, (tick) => tick === 40n || tick === 46n)
    await historian.rebuild()
    expect(cell(historian.state(A), 40)).toBe('pending: changed-since')
    await historian.verify()
    expect(historian.state(A)).toMatchObject({ verdicts: counts({ match: 99, mismatch: 1 }), classes: { MISSING: 2 } })
    await historian.sweep()
    await historian.verify({ depth: 'log' })
    expect(historian.state(A).verdicts).toEqual(counts({ match: 100 }))
  })

  it('that were superseded is incomplete, and not green', async () => {
    const historian = await verified(A)
    historian.copied.edit(A, 40, 7)
    await historian.sweep()
    const partition = historian.copied.log.shardOf(A.id)
    const first = historian.copied.log.records[partition]!.find(({ record }) => record.sample.ticks === 40n)
    expect(first?.record.rev).toBe(0)
    historian.loseOffset(partition, first!.offset)
    await historian.verify({ depth: 'log' })
    expect(historian.state(A).inconclusive).toEqual({ 'log-incomplete': 1 })
  })

  it('at its beginning is read from where it begins', async () => {
    const historian = await verified(A)
    historian.copied.log.begin = async () => new Map([[historian.copied.log.shardOf(A.id), 10n]])
    historian.lose(A, (tick) => tick < 20n)
    await historian.verify({ depth: 'log' })
    expect(historian.state(A)).toMatchObject({ verdicts: { mismatch: 2 }, classes: { MISSING: 10 } })
  })

  it('or gained copies of them, shows the copies', async () => {
    const historian = await verified(A)
    historian.duplicate(A, (tick) => tick >= 40n && tick < 50n)
    await historian.verify()
    expect(historian.state(A)).toMatchObject({
      verdicts: counts({ match: 99, mismatch: 1 }),
      classes: { DUPLICATE: 5 },
      causes: new Map([['duplicated-segment', 1]]),
    })
  })
})

describe('what a tag needs', () => {
  it('is told by what is known of it', async () => {
    const historian = await verified(A)
    await historian.verify({ tags: [{ tag: A.id, expected: ALL, windows: [span(0, 500)] }] })
    historian.copied.store.dirty.mark(A.id, span(40, 45), 'hint')
    expect(needOf(historian.state(A), true, undefined)).toEqual({
      tag: A.id,
      isServed: true,
      doubtful: [span(40, 50)],
      unchecked: [span(500, 1_000)],
      undrawn: [],
      checked: [{ window: span(0, 500), atMs: expect.any(Number) as number }],
      rowsPerCell: 5,
    })
  })
})

describe('what is kept of a mismatch', () => {
  it('is enough to see that two tags were swapped, without any samples', async () => {
    const copied = await CopiedHistorian.of(A, B)
    const up = Array.from({ length: 500 }, (_, i) => sample(2 * i, i))
    const down = up.map((_, i) => sample(2 * i, 900 - i))
    copied.hold(A, up)
    copied.hold(B, down)
    for (const tag of [A, B]) await copied.cover(tag, ALL)
    copied.hold(A, down)
    copied.hold(B, up)
    const historian = new VerifiedHistorian(copied)
    await historian.verify()
    const tally = new CauseTally(() => at(0))
    for (const { id } of [A, B]) {
      for (const one of copied.store.verdicts.differing(id)) tally.add(decodeTraits(id, one)!)
    }
    expect(tally.causeOf(A.id)).toMatchObject({ cause: 'tag-swap' })
  })
})

describe('what compression dropped', () => {
  const compression = { compressing: true, compDev: 1, compMinSeconds: 0, compMaxSeconds: 28_800, excDev: 0.5 }
  const COMPRESSED = { ...A, compression }
  const known = { knowledgeOf: () => ({ settingsSince: at(0) }) }

  /** The historian no longer has what lies on the line between its neighbours. */
  async function compressed(): Promise<VerifiedHistorian> {
    const historian = await verified(COMPRESSED)
    await historian.verify()
    historian.copied.remove(COMPRESSED, ({ ticks }) => ticks === 44n)
    return historian
  }

  it('is explained where the settings are known, and proven samples with it', async () => {
    const historian = await compressed()
    await historian.verify({}, known)
    expect(historian.state(A)).toMatchObject({
      verdicts: counts({ match: 99, explained: 1 }),
      explained: new Map([['compression', { cells: 1, samples: 1 }]]),
      samplesProven: 500,
      classes: {},
    })
  })

  it('is a mismatch where they are not, or the policy is strict', async () => {
    const historian = await compressed()
    await historian.verify()
    expect(cell(historian.state(A), 40)).toBe('mismatch')
    await historian.verify({}, { ...known, policy: { compression: 'strict' } })
    expect(cell(historian.state(A), 40)).toBe('mismatch')
  })

  it('explains nothing in a cell of which the log has lost records', async () => {
    const historian = await compressed()
    historian.lose(COMPRESSED, (tick) => tick === 48n)
    await historian.verify({ depth: 'log' }, known)
    expect(historian.state(A)).toMatchObject({ verdicts: { mismatch: 1 }, classes: { EXTRA: 1, MISSING: 1 } })
  })
})

describe('a sweep', () => {
  it('records what it finds equal, so that nothing has to be verified twice', async () => {
    const historian = await verified(A)
    await historian.sweep()
    expect(historian.state(A)).toMatchObject({ verdicts: counts({ match: 100 }), samplesProven: 500 })
  })

  it('leaves what it corrected pending until it is compared again', async () => {
    const historian = await verified(A)
    historian.copied.edit(A, 40, 7)
    await historian.verify()
    expect(cell(historian.state(A), 40)).toBe('mismatch')
    await historian.sweep()
    expect(historian.state(A)).toMatchObject({ verdicts: counts({ match: 99, pending: 1 }) })
    await historian.sweep()
    expect(historian.state(A).verdicts).toEqual(counts({ match: 100 }))
  })

  it('that only reports leaves what differs pending for the verifier', async () => {
    const historian = await verified(A)
    await historian.verify()
    historian.copied.edit(A, 40, 7)
    await historian.sweep({ mode: 'report' })
    expect(cell(historian.state(A), 40)).toBe('pending: doubted-since')
  })

  it('that began before a verification does not replace what that found', async () => {
    const historian = await verified(A)
    let isFirst = true
    await historian.sweep({
      mode: 'report',
      project: async (signal) => {
        await historian.copied.fold(signal)
        if (!isFirst) return
        isFirst = false
        historian.copied.edit(A, 40, 7)
        await historian.verify()
        historian.copied.hold(
          A,
          Array.from({ length: 500 }, (_, i) => sample(2 * i, i)),
        )
      },
    })
    expect(cell(historian.state(A), 40)).toBe('mismatch')
  })

  it('of a tag that means something else by then records nothing', async () => {
    const historian = await verified(A)
    const read = historian.copied.source.read.bind(historian.copied.source)
    historian.copied.source.read = (...args) => {
      historian.copied.tags[0] = { ...A, units: 'bar' }
      return read(...args)
    }
    await historian.sweep()
    expect(historian.state(A).pending).toEqual({ 'not-looked-at': 100 })
  })
})

describe('an interrupted verification', () => {
  it('rejects when the log cannot be read, and leaves what differed pending', async () => {
    const historian = await verified(A)
    historian.copied.edit(A, 40, 7)
    const begin = historian.copied.log.begin.bind(historian.copied.log)
    let begins = 0
    historian.copied.log.begin = async () => {
      begins += 1
      if (begins > 2) throw new BanyanError('BANYAN_LOG_UNAVAILABLE', 'reset', { retryable: true })
      return begin()
    }
    await expect(historian.verify()).rejects.toMatchObject({ code: 'BANYAN_LOG_UNAVAILABLE' })
    expect(historian.state(A)).toMatchObject({ verdicts: counts({ match: 99, pending: 1 }) })
  })

  it('aborted between two looks leaves what differed pending, and looks again when it goes on', async () => {
    const historian = await verified(A, B)
    await historian.verify()
    const sinceLook = historian.copied.store.looks.latest() + 1
    historian.copied.edit(A, 40, 7)
    const stop = new AbortController()
    const running = historian.verify({ sinceLook }, { recheckAfterMs: [60_000] }, stop.signal)
    setTimeout(() => {
      stop.abort(new Error('killed'))
    }, 200)
    await expect(running).rejects.toThrow('killed')
    expect(cell(historian.state(A), 40)).toBe('pending: doubted-since')
    const { rows } = await historian.verify({ sinceLook }, { recheckAfterMs: NO_PAUSE })
    expect(rows).toBe((AGREEING_LOOKS + 1) * 5)
    expect(cell(historian.state(A), 40)).toBe('mismatch')
  })
})
