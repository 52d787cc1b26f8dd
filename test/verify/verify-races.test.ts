/** What happens to historian and log while they are compared, and what becomes of a verification that is killed. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Sample } from '../../src/domain/sample.ts'
import type { Tag } from '../../src/domain/tag.ts'
import { countVerdicts } from '../../src/domain/verdict.ts'
import type { SamplePage } from '../../src/source/source.ts'
import { testTag } from '../harness/memory-source.ts'
import { at, CopiedHistorian, sample, span } from './copied-historian.ts'
import { currentTruth, textOf } from './current-truth.ts'
import { cell, VerifiedHistorian } from './verified-historian.ts'

const TAGS = [1, 2, 3].map(testTag)
const DAY = span(0, 200)
const CELLS = 20
const DEPTHS = ['projection', 'log'] as const

type Change =
  | { readonly kind: 'insert' | 'edit' | 'remove'; readonly tag: number; readonly at: number; readonly value: number }
  /** The next stretch of a tag is copied. */
  | { readonly kind: 'cover'; readonly tag: number }

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('insert' as const, 'edit' as const, 'remove' as const),
    tag: fc.nat(2),
    at: fc.nat(199),
    value: fc.nat(3),
  }),
  fc.record({ kind: fc.constant('cover' as const), tag: fc.nat(2) }),
)

interface Step {
  readonly run: 'verify' | 'sweep' | 'report'
  readonly depth: 'projection' | 'log'
  readonly before: readonly Change[]
  /** Each happens while the historian is read for the so-manieth time. */
  readonly during: readonly { readonly read: number; readonly change: Change }[]
  /** The so-manieth read fails. */
  readonly fault: number | undefined
}

const step: fc.Arbitrary<Step> = fc.record({
  run: fc.constantFrom('verify' as const, 'sweep' as const, 'report' as const),
  depth: fc.constantFrom(...DEPTHS),
  before: fc.array(change, { maxLength: 3 }),
  during: fc.array(fc.record({ read: fc.nat(8), change }), { maxLength: 3 }),
  fault: fc.option(fc.nat(6), { nil: undefined }),
})

/** A site whose historian tells of every change: a mark is made with it. */
class Site {
  readonly historian: VerifiedHistorian
  readonly #coveredUntil = TAGS.map(() => 0)

  constructor(copied: CopiedHistorian) {
    this.historian = new VerifiedHistorian(copied)
  }

  static async open(): Promise<Site> {
    return new Site(await CopiedHistorian.of(...TAGS))
  }

  async apply(one: Change): Promise<void> {
    const { copied } = this.historian
    const tag = TAGS[one.tag]!
    if (one.kind === 'cover') {
      const from = this.#coveredUntil[one.tag]!
      const until = Math.min(200, from + 37)
      this.#coveredUntil[one.tag] = until
      if (from < until) await copied.cover(tag, span(from, until))
      return
    }
    if (one.kind === 'insert') copied.insert(tag, sample(one.at, one.value))
    if (one.kind === 'edit') copied.edit(tag, one.at, one.value)
    if (one.kind === 'remove') copied.remove(tag, ({ ticks }) => ticks === BigInt(one.at))
    copied.store.dirty.mark(tag.id, span(one.at, one.at + 1), 'hint')
  }

  async run({ run, depth, during, fault }: Omit<Step, 'before'>): Promise<void> {
    const { copied } = this.historian
    let reads = 0
    const read = copied.source.read.bind(copied.source)
    const disturb = async (number: number): Promise<void> => {
      for (const one of during) if (one.read === number) await this.apply(one.change)
    }
    async function* interrupted(...args: Parameters<typeof read>): AsyncGenerator<SamplePage> {
      const number = reads
      reads += 1
      for await (const page of read(...args)) {
        if (number === fault) copied.source.nextFault = () => 'BANYAN_SOURCE_PROTOCOL'
        yield page
        copied.source.nextFault = () => undefined
        await disturb(number)
      }
    }
    copied.source.read = interrupted
    try {
      if (run === 'verify') await this.historian.verify({ depth }, { pageSize: 7 })
      else await this.historian.sweep({ mode: run === 'report' ? 'report' : 'auto', pageSize: 7 })
    } finally {
      copied.source.read = read
      copied.source.nextFault = () => undefined
    }
  }

  /** Every cell has one verdict, and no cell is called equal that is not. */
  async expectHonest(): Promise<void> {
    await this.historian.copied.fold(new AbortController().signal)
    for (const tag of TAGS) {
      const state = this.historian.state(tag, DAY)
      expect(countVerdicts(state.verdicts)).toBe(CELLS)
      for (const window of state.states.runs(({ verdict }) => verdict === 'match')) {
        expect(this.#logged(tag, window)).toEqual(this.#held(tag, window))
      }
    }
  }

  #held(tag: Tag, window: { from: bigint; until: bigint }): string[] {
    const held = this.historian.copied.held(tag)
    return held.filter(isIn(window)).map(textOf).sort()
  }

  #logged(tag: Tag, window: { from: bigint; until: bigint }): string[] {
    const records = this.historian.copied.recordsOf(tag).filter(({ sample: one }) => isIn(window)(one))
    return currentTruth(records).samples
  }
}

function isIn({ from, until }: { from: bigint; until: bigint }): (one: Sample) => boolean {
  return ({ ticks }) => ticks >= from && ticks < until
}

describe('whatever happens while it is compared', () => {
  it('no cell is called equal that is not, and everything is in the end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
        const site = await Site.open()
        for (const { before, ...run } of steps) {
          for (const one of before) await site.apply(one)
          await site.expectHonest()
          await site.run(run)
          await site.expectHonest()
        }
        for (let i = 0; i < 6; i++) for (const tag of [0, 1, 2]) await site.apply({ kind: 'cover', tag })
        await site.historian.sweep({ acceptDeletions: true })
        await site.historian.verify({ depth: 'log' })
        for (const tag of TAGS) expect(site.historian.state(tag, DAY).verdicts.match).toBe(CELLS)
      }),
      { numRuns: 60 },
    )
  })
})

/** A copy with faults of every kind, the same one each time. */
async function faulty(): Promise<VerifiedHistorian> {
  const copied = await CopiedHistorian.of(...TAGS)
  for (const tag of TAGS) {
    copied.hold(
      tag,
      Array.from({ length: 100 }, (_, i) => sample(2 * i, i)),
    )
    await copied.cover(tag, DAY)
  }
  const historian = new VerifiedHistorian(copied)
  await historian.verify()
  copied.edit(TAGS[0]!, 40, 7)
  copied.insert(TAGS[0]!, sample(81, 7))
  copied.remove(TAGS[1]!, ({ ticks }) => ticks === 120n)
  historian.lose(TAGS[2]!, (tick) => tick === 60n)
  copied.settled = at(195)
  return historian
}

function summary(historian: VerifiedHistorian): unknown {
  return TAGS.map((tag) => {
    const { verdicts, classes, causes, pending, doubtful, states } = historian.state(tag, DAY)
    return {
      verdicts,
      classes,
      causes,
      pending,
      doubtful,
      heat: states.heat({ from: at(0), columnTicks: 10n, columns: CELLS }),
    }
  })
}

/** Lets the so-manieth effect of a kind throw. */
function killAt(historian: VerifiedHistorian, effect: number): () => void {
  const { source, log, store } = historian.copied
  let count = 0
  const tick = (): void => {
    if (count++ === effect) throw new Error('killed')
  }
  const [read, readLog, begin, record, begun] = [
    source.read.bind(source),
    log.read.bind(log),
    log.begin.bind(log),
    store.verdicts.record.bind(store.verdicts),
    store.looks.begin.bind(store.looks),
  ]
  source.read = (...args) => (tick(), read(...args))
  log.read = (...args) => (tick(), readLog(...args))
  log.begin = async () => (tick(), begin())
  store.looks.begin = (rules) => (tick(), begun(rules))
  store.verdicts.record = (...args) => {
    tick()
    record(...args)
    // Killed behind the write as well as before it.
    tick()
  }
  return () => {
    Object.assign(source, { read })
    Object.assign(log, { read: readLog, begin })
    Object.assign(store.looks, { begin: begun })
    Object.assign(store.verdicts, { record })
  }
}

describe('a verification killed at any point', () => {
  it.each(DEPTHS)('goes on to what an uninterrupted one finds (%s)', async (depth) => {
    const whole = await faulty()
    await whole.verify({ depth, sinceLook: whole.copied.store.looks.latest() + 1 })
    const expected = summary(whole)
    let kills = 0
    for (let effect = 0; ; effect++) {
      const historian = await faulty()
      const sinceLook = historian.copied.store.looks.latest() + 1
      const revive = killAt(historian, effect)
      const wasKilled = await historian.verify({ depth, sinceLook }).then(
        () => false,
        (error: unknown) => {
          expect(error).toMatchObject({ message: 'killed' })
          return true
        },
      )
      revive()
      // Of what was looked at since, nothing that differs is green.
      const states = TAGS.map((tag) => historian.state(tag, DAY, { sinceLook }))
      for (const { verdicts } of states) expect(countVerdicts(verdicts)).toBe(CELLS)
      const differing = [cell(states[0]!, 40), cell(states[0]!, 80), cell(states[1]!, 120)]
      expect(depth === 'log' ? [...differing, cell(states[2]!, 60)] : differing).not.toContain('match')
      await historian.verify({ depth, sinceLook })
      expect(summary(historian)).toEqual(expected)
      if (!wasKilled) break
      kills += 1
    }
    expect(kills).toBeGreaterThan(15)
  })
})
