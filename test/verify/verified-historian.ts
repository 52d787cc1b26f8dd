/** A copied historian whose log is verified: the verifier's parts over it, faults for the log, and what is known then. */
import type { TagId } from '../../src/domain/tag-id.ts'
import type { Tag } from '../../src/domain/tag.ts'
import type { Window } from '../../src/domain/window.ts'
import { rebuild } from '../../src/project/projector.ts'
import type { ExpectedTag, ParityScope, TagState } from '../../src/store/parity.ts'
import { rulesOf } from '../../src/verify/explain/policy.ts'
import { verify, type VerifyOutcome, type VerifyParts, type VerifyRequest } from '../../src/verify/verify.ts'
import type { SweepOutcome, SweepParts } from '../../src/verify/sweep.ts'
import { at, CopiedHistorian, span, WIDTH } from './copied-historian.ts'

export const RULES = rulesOf({ compression: 'explain' })
/** As many looks as in earnest, without the waiting. */
export const NO_PAUSE = [0, 0, 0]

/** Everything the tests copy. */
export const ALL = span(0, 1_000)

export class VerifiedHistorian {
  readonly copied: CopiedHistorian
  /** Offsets whose records the log does not show any more, per partition. */
  readonly #lost = new Map<number, Set<bigint>>()

  constructor(copied: CopiedHistorian) {
    this.copied = copied
    const read = copied.log.read.bind(copied.log)
    const lost = this.#lost
    copied.log.read = async function* (from, until) {
      for await (const page of read(from, until)) {
        const gone = lost.get(page.partition)
        yield { ...page, records: page.records.filter(({ offset }) => gone?.has(offset) !== true) }
      }
    }
  }

  /** A loss as compaction leaves it: offsets stay, records are gone. Answers how many. */
  lose(tag: Tag, matches: (tick: bigint) => boolean): number {
    const partition = this.copied.log.shardOf(tag.id)
    const records = this.copied.log.records[partition]!
    const hit = records.filter(({ record }) => record.tag === tag.id && matches(record.sample.ticks))
    for (const { offset } of hit) this.loseOffset(partition, offset)
    return hit.length
  }

  loseOffset(partition: number, offset: bigint): void {
    const gone = this.#lost.get(partition) ?? new Set<bigint>()
    this.#lost.set(partition, gone.add(offset))
  }

  /** The records of a stretch, written a second time by something else. */
  duplicate(tag: Tag, matches: (tick: bigint) => boolean): void {
    const records = this.copied.log.records[this.copied.log.shardOf(tag.id)]!
    for (const { record } of records.filter((one) => one.record.tag === tag.id && matches(one.record.sample.ticks))) {
      records.push({ offset: BigInt(records.length), record })
    }
  }

  async rebuild(): Promise<void> {
    const { log, store } = this.copied
    await rebuild(log, store, { cellWidth: WIDTH }, new AbortController().signal)
  }

  verify(
    request: Partial<VerifyRequest> = {},
    parts: Partial<VerifyParts> = {},
    signal = new AbortController().signal,
  ): Promise<VerifyOutcome> {
    const { source, log, store, amender, tags } = this.copied
    return verify(
      { tags: tags.map(({ id }) => ({ tag: id, expected: ALL })), depth: 'projection', ...request },
      {
        source,
        pageSize: 1_000,
        log,
        store,
        progressOf: (id) => amender.progressOf(id),
        tagOf: (id) => tags.find((tag) => tag.id === id),
        cellWidth: WIDTH,
        project: (now) => this.copied.fold(now),
        settled: () => this.copied.settled,
        rules: RULES,
        recheckAfterMs: NO_PAUSE,
        policy: { compression: 'explain' },
        knowledgeOf: () => ({}),
        pageSizes: [1_000],
        onOutcome: () => undefined,
        ...parts,
      },
      signal,
    )
  }

  sweep(parts: Partial<SweepParts> = {}): Promise<SweepOutcome> {
    return this.copied.sweep({}, { rules: RULES, ...parts })
  }

  /** What is known of a tag; `expected` is everything unless told otherwise. */
  state(tag: Pick<Tag, 'id'>, expected: Window = ALL, scope: Partial<ParityScope> = {}): TagState {
    const asked: ExpectedTag = {
      tag: tag.id,
      expected,
      covered: this.#covered(tag.id),
      settled: this.copied.settled,
    }
    return [...this.copied.store.parity.read({ rules: RULES, width: WIDTH, ...scope }, [asked])][0]!
  }

  #covered(tag: TagId): ExpectedTag['covered'] {
    return this.copied.amender.progressOf(tag)?.covered ?? []
  }
}

/** State of the cell that begins at a tick, in few words. */
export function cell(state: TagState, start: number): string {
  const found = state.states.at(at(start))
  if (found === undefined) return 'none'
  return 'reason' in found ? `${found.verdict}: ${found.reason}` : found.verdict
}
