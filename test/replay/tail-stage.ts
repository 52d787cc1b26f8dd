/**
 * TailStage: a tail between a memory historian and a memory log, in simulated time. The bridge can crash and start
 * again, the historian's clock can be set, and the historian's archive is filled as a live one is.
 */
import { vi } from 'vitest'
import { BanyanError } from '../../src/domain/errors.ts'
import type { Sample } from '../../src/domain/sample.ts'
import type { Tag } from '../../src/domain/tag.ts'
import { ticks, ticksFromMs, type Ticks } from '../../src/domain/ticks.ts'
import { Appender } from '../../src/replay/appender.ts'
import type { ClockEvent } from '../../src/replay/historian-clock.ts'
import { Tail } from '../../src/replay/tail.ts'
import { type Logger, silentLogger } from '../../src/telemetry/logger.ts'
import { MemoryLog } from '../harness/memory-log.ts'
import { MemorySource } from '../harness/memory-source.ts'

export const SETTLE_MS = 5_000
export const INTERVAL_MS = 10_000
export const START_MS = Date.parse('2024-01-10T00:00:00Z')

/** Whatever takes longer hangs. */
const PATIENCE_MS = 10 * 60_000

interface Bridge {
  readonly tail: Tail
  readonly appender: Appender
  /** A dead process neither writes nor opens writers. */
  readonly life: { isOver: boolean }
}

export class TailStage {
  readonly log: MemoryLog
  readonly source = new MemorySource()
  /** The same historian, as the catch-up lane sees it. */
  readonly catchUpSource = new MemorySource()
  readonly events: ClockEvent[] = []
  readonly #pageSize: number
  readonly #logger: Logger
  #tags: readonly Tag[] = []
  #bridge: Bridge | undefined
  #serverOffsetMs = 0
  #written = 0

  /** Call within fake timers. */
  constructor(options: { shards?: number; pageSize?: number; logger?: Logger } = {}) {
    vi.setSystemTime(START_MS)
    this.log = new MemoryLog(options.shards)
    this.#pageSize = options.pageSize ?? 1_000
    this.#logger = options.logger ?? silentLogger
    this.source.serverTime = this.catchUpSource.serverTime = () => this.serverTime
    Object.defineProperty(this.catchUpSource, 'archive', { value: this.source.archive })
  }

  get tail(): Tail {
    return this.#running.tail
  }

  get appender(): Appender {
    return this.#running.appender
  }

  /** The historian's clock has whole seconds, so that samples meet the edges of windows. */
  get serverTime(): Ticks {
    return ticksFromMs(Math.floor((Date.now() + this.#serverOffsetMs) / 1_000) * 1_000)
  }

  setServerClock(stepMs: number): void {
    this.#serverOffsetMs += stepMs
  }

  async start(tags: readonly Tag[] = this.#tags): Promise<this> {
    const life = { isOver: false }
    const appender = await Appender.open(
      {
        log: this.log,
        logger: silentLogger,
        outageMs: Infinity,
        assertMayWrite: () => {
          if (life.isOver) throw new BanyanError('BANYAN_LEASE_LOST', 'this bridge has crashed')
        },
        onAppended: () => undefined,
      },
      new AbortController().signal,
    )
    const tail = new Tail({
      source: this.source,
      catchUpSource: this.catchUpSource,
      appender,
      logger: this.#logger,
      settleMs: SETTLE_MS,
      intervalMs: INTERVAL_MS,
      pageSize: this.#pageSize,
      lanes: 3,
      onProbe: () => undefined,
      onClock: (event) => this.events.push(event),
      now: () => ({ monotonicMs: Date.now(), wallMs: Date.now() }),
    })
    this.#bridge = { tail, appender, life }
    this.setTags(tags)
    return this
  }

  /** A stage left open goes on polling beside the next. */
  async close(): Promise<void> {
    await this.eventually(this.appender.close())
  }

  setTags(tags: readonly Tag[]): void {
    this.#tags = tags
    this.tail.setTags(tags)
  }

  /** What is under way is left behind, as by a process that was killed. */
  async crash(): Promise<void> {
    const { appender, life } = this.#running
    life.isOver = true
    await this.start()
    appender.close().catch(() => undefined)
  }

  /** Timers live through the last second of a long time only: an idle appender looks at its queue four times in each. */
  async pass(ms: number): Promise<void> {
    const lived = Math.min(ms, 1_000)
    vi.setSystemTime(Date.now() + ms - lived)
    await vi.advanceTimersByTimeAsync(lived)
  }

  /** The samples appended. */
  async round(signal = new AbortController().signal): Promise<number> {
    return (await this.eventually(this.tail.round(signal))).samples
  }

  async catchUp(signal = new AbortController().signal): Promise<number> {
    return this.eventually(this.tail.catchUp(signal))
  }

  async flush(): Promise<void> {
    await this.eventually(this.tail.flush(new AbortController().signal))
  }

  /** Lets time pass until it settles. */
  async eventually<T>(promise: Promise<T>): Promise<T> {
    const waiting = new Set([promise])
    const settle = (): void => {
      waiting.clear()
    }
    promise.then(settle, settle)
    for (let ms = 0; waiting.size > 0; ms += 50) {
      if (ms > PATIENCE_MS) throw new Error('nothing comes of it')
      await vi.advanceTimersByTimeAsync(50)
    }
    return promise
  }

  /** Puts a sample into the archive, behind those of its time. */
  write(tag: Tag, at: Ticks): Sample {
    const samples = this.source.archive.get(tag.id) ?? []
    this.source.archive.set(tag.id, samples)
    const place = samples.findIndex((sample) => sample.ticks > at)
    const index = place < 0 ? samples.length : place
    const before = samples[index - 1]
    const ord = before?.ticks === at ? before.ord + 1 : 0
    const sample: Sample = { ticks: at, ord, type: 'float64', value: this.#written++, status: 0, flags: 0 }
    samples.splice(index, 0, sample)
    return sample
  }

  /** A sample as it comes by normal means: now, or up to `settle` ago. */
  writeLive(tag: Tag, agoMs = 0): Sample {
    return this.write(tag, ticks(this.serverTime - BigInt(Math.min(agoMs, SETTLE_MS)) * 10_000n))
  }

  samplesInLog(tag: Tag): Sample[] {
    return this.log
      .allRecords()
      .flatMap(({ record }) => (record.tag === tag.id ? [record.sample] : []))
      .toSorted((a, b) => (a.ticks === b.ticks ? a.ord - b.ord : a.ticks < b.ticks ? -1 : 1))
  }

  /** In the archive, from where the tail's part begins up to what is settled. */
  samplesOwed(tag: Tag): Sample[] {
    const from = this.log.coverageOf(tag.id)?.liveFrom ?? ticks(0n)
    const until = tag.future ? Infinity : (this.tail.settled ?? 0n)
    return (this.source.archive.get(tag.id) ?? []).filter(({ ticks: at }) => at >= from && at < until)
  }

  get #running(): Bridge {
    if (this.#bridge === undefined) throw new Error('the stage was not started')
    return this.#bridge
  }
}
