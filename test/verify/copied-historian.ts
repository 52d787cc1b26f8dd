/**
 * A historian in memory, copied into a log in memory and folded into a store: what a sweep finds when it begins. The
 * history of the historian can then be changed at will, sample by sample.
 */
import { expect } from 'vitest'
import type { Sample, SampleContent } from '../../src/domain/sample.ts'
import type { TagId } from '../../src/domain/tag-id.ts'
import type { Tag } from '../../src/domain/tag.ts'
import { ticks, type Ticks } from '../../src/domain/ticks.ts'
import { window, type Window } from '../../src/domain/window.ts'
import type { AmendEntry, AppendEntry, LogWriter, TagProgress } from '../../src/log/log.ts'
import type { SampleRecord } from '../../src/log/record.ts'
import { project } from '../../src/project/projector.ts'
import type { Store } from '../../src/store/store.ts'
import type { Amender } from '../../src/verify/amender.ts'
import { CountTrust } from '../../src/verify/count-first.ts'
import { sweep, type SweepOutcome, type SweepParts, type SweepRequest } from '../../src/verify/sweep.ts'
import { MemoryLog } from '../harness/memory-log.ts'
import { MemorySource } from '../harness/memory-source.ts'
import { openTemporaryStore, temporaryFile } from '../store/temporary-store.ts'
import { currentTruth, textOf } from './current-truth.ts'

/** Ticks; small, so that the tests speak of times as 0, 1, 2 … */
export const WIDTH = 10n

export function at(n: number | bigint): Ticks {
  return ticks(BigInt(n))
}

export function span(from: number | bigint, until: number | bigint): Window {
  return window(at(from), at(until))
}

export function sample(n: number | bigint, value: number): Sample {
  return { ticks: at(n), ord: 0, type: 'float64', value, status: 0, flags: 0 }
}

/** One writer per shard, one append at a time, as behind the appender. */
export class DirectAmender implements Amender {
  readonly #log: MemoryLog
  readonly #writers: LogWriter[] = []
  #turn: Promise<unknown> = Promise.resolve()
  /** Awaited before every amend entry reaches the log. */
  onAmend: (entry: AmendEntry) => Promise<void> = async () => undefined
  readonly entries: AmendEntry[] = []

  constructor(log: MemoryLog) {
    this.#log = log
  }

  async open(): Promise<void> {
    for (let shard = 0; shard < this.#log.shardCount; shard++) this.#writers.push(await this.#log.openWriter(shard))
  }

  progressOf(tag: TagId): TagProgress | undefined {
    return this.#writers[this.#log.shardOf(tag)]!.tags.get(tag)
  }

  async amend(entry: AmendEntry): Promise<void> {
    await this.onAmend(entry)
    await this.append(entry)
    this.entries.push(entry)
  }

  append(entry: AppendEntry): Promise<unknown> {
    const next = this.#turn.then(() => this.#writers[this.#log.shardOf(entry.tag)]!.append([entry]))
    this.#turn = next.catch(() => undefined)
    return next
  }
}

export class CopiedHistorian {
  readonly log = new MemoryLog(3)
  readonly source = new MemorySource()
  readonly store: Store
  readonly amender = new DirectAmender(this.log)
  readonly counts = new CountTrust()
  readonly tags: Tag[]
  settled = at(1_000_000)
  readonly progress: TagId[] = []

  private constructor(tags: Tag[]) {
    this.tags = tags
    this.store = openTemporaryStore(temporaryFile())
  }

  static async of(...tags: Tag[]): Promise<CopiedHistorian> {
    const copied = new CopiedHistorian(tags)
    await copied.amender.open()
    return copied
  }

  /** Sets what the historian holds of a tag; ords are given by the order. */
  hold(tag: Tag, samples: readonly Sample[]): void {
    const sorted = samples.toSorted((a, b) => (a.ticks < b.ticks ? -1 : a.ticks > b.ticks ? 1 : 0))
    let ord = 0
    this.source.archive.set(
      tag.id,
      sorted.map((one, i) => {
        ord = i > 0 && sorted[i - 1]!.ticks === one.ticks ? ord + 1 : 0
        return { ...one, ord }
      }),
    )
  }

  held(tag: Tag): readonly Sample[] {
    return this.source.archive.get(tag.id) ?? []
  }

  insert(tag: Tag, ...samples: Sample[]): void {
    this.hold(tag, [...this.held(tag), ...samples])
  }

  /** Every sample of a tick gets this value. */
  edit(tag: Tag, n: number | bigint, value: number): void {
    const edited = { type: 'float64', value, status: 0x960000, flags: 2 } satisfies SampleContent
    this.hold(
      tag,
      this.held(tag).map((one) => (one.ticks === BigInt(n) ? { ...one, ...edited } : one)),
    )
  }

  remove(tag: Tag, matches: (sample: Sample) => boolean): void {
    this.hold(
      tag,
      this.held(tag).filter((one) => !matches(one)),
    )
  }

  /** Copies a window as the tail and backfill do. */
  async cover(tag: Tag, covers: Window): Promise<void> {
    const samples = this.held(tag).filter((s) => s.ticks >= covers.from && s.ticks < covers.until)
    await this.amender.append({ tag: tag.id, source: 'pi-web-api', covers, samples })
  }

  /** A sweep of everything, unless told otherwise. */
  async sweep(
    request: Partial<SweepRequest> = {},
    parts: Partial<SweepParts> = {},
    signal: AbortSignal = new AbortController().signal,
  ): Promise<SweepOutcome> {
    this.source.reads = []
    this.source.counted = []
    return sweep(
      { tags: this.tags, afterTag: undefined, lookBackFrom: at(-1_000_000), ...request },
      {
        source: this.source,
        pageSize: 1_000,
        log: this.log,
        store: this.store,
        amender: this.amender,
        cellWidth: WIDTH,
        project: (now) => this.fold(now),
        settled: () => this.settled,
        mode: 'auto',
        acceptDeletions: false,
        counts: this.counts,
        tagOf: (id) => this.tags.find((tag) => tag.id === id),
        onProgress: (tag) => this.progress.push(tag),
        onOutcome: () => undefined,
        ...parts,
      },
      signal,
    )
  }

  async fold(signal: AbortSignal): Promise<void> {
    await project(this.log, this.store, { cellWidth: WIDTH }, signal)
  }

  recordsOf(tag: Tag): SampleRecord[] {
    return this.log.records[this.log.shardOf(tag.id)]!.map(({ record }) => record).filter((r) => r.tag === tag.id)
  }

  /** Revisions and late samples only. */
  correctionsOf(tag: Tag): Pick<SampleRecord, 'sample' | 'rev' | 'op' | 'before'>[] {
    return this.amender.entries.filter((entry) => entry.tag === tag.id).flatMap(({ corrections }) => corrections)
  }

  /** The log says what the historian says of the windows, and says it as the contract demands. */
  expectEqual(tag: Tag, ...windows: Window[]): void {
    const { samples, violations } = currentTruth(this.recordsOf(tag))
    expect(violations).toEqual([])
    const inside = ({ ticks: when }: Sample): boolean => windows.some((w) => when >= w.from && when < w.until)
    expect(samples).toEqual(this.held(tag).filter(inside).map(textOf).sort())
  }
}
