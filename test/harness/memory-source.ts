/** MemorySource: a HistorianSource over arrays, for tests of the stages above the port. */
import { BanyanError, type ErrorCode } from '../../src/domain/errors.ts'
import type { Sample } from '../../src/domain/sample.ts'
import { isLiteral, matchesAnyMask } from '../../src/domain/name-mask.ts'
import { tagId } from '../../src/domain/tag-id.ts'
import type { Tag } from '../../src/domain/tag.ts'
import { ticks, ticksFromMs, type Ticks } from '../../src/domain/ticks.ts'
import type { Window } from '../../src/domain/window.ts'
import type {
  Catalogue,
  HistorianSource,
  Hint,
  ReadOptions,
  SamplePage,
  SourceKind,
  SourceProbe,
  TagSelection,
} from '../../src/source/source.ts'
import { reasonOf } from '../../src/util/abort.ts'

export function testTag(id: number): Tag {
  return {
    id: tagId('test', id),
    name: `TAG${String(id)}`,
    descriptor: '',
    type: 'float64',
    units: '',
    zero: 0,
    span: 100,
    step: false,
    future: false,
    digitalSet: undefined,
    compression: undefined,
    address: { pi: { serverGuid: '00000000-0000-0000-0000-000000000000', pointId: id }, opcua: undefined },
  }
}

/** Samples at the given ticks; equal ticks become a tick group. */
export function samplesAt(at: readonly bigint[]): Sample[] {
  const sorted = at.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  let ord = 0
  return sorted.map((tick, i) => {
    ord = i > 0 && sorted[i - 1] === tick ? ord + 1 : 0
    return { ticks: ticks(tick), ord, type: 'float64', value: i, status: 0, flags: 0 }
  })
}

export class MemorySource implements HistorianSource {
  readonly historian = 'test'
  /** Whose pages these are. */
  kind: SourceKind = 'pi-web-api'
  /** By tag id, ascending by (ticks, ord). A tag without an entry holds nothing. */
  readonly archive = new Map<string, Sample[]>()
  /** What the catalogue lists. */
  tags: readonly Tag[] = []
  /** The historian's clock. */
  serverTime: () => Ticks = () => ticksFromMs(Date.now())
  /** Asked before every page, and before every count of a tag. */
  nextFault: (tag: Tag) => ErrorCode | undefined = () => undefined
  /** Asked before every probe and catalogue. */
  probeFault: () => ErrorCode | undefined = () => undefined
  /** Whether `count` and `summarise` can tell; a historian without a summary cannot. */
  counts = true
  /** Whether there are notices of change at all. */
  offersHints = true
  reads: { tag: Tag; window: Window; pageSize: number }[] = []
  counted: { tag: Tag; windows: readonly Window[] }[] = []
  summarised: { tag: Tag; windows: readonly Window[] }[] = []
  /** How it summarises. */
  summaryOf: (samples: readonly Sample[]) => string = summaryText
  readonly #listeners = new Set<HintListener>()

  async probe(): Promise<SourceProbe> {
    throwFault(this.probeFault())
    const serverTime = this.serverTime()
    return {
      source: this.kind,
      product: 'memory',
      server: 'MEM',
      serverGuid: '00000000-0000-0000-0000-000000000000',
      serverTime,
      clockOffsetMs: Number(serverTime / 10_000n) - Date.now(),
      user: undefined,
      features: { batch: true },
    }
  }

  async catalogue({ include, exclude, names }: TagSelection): Promise<Catalogue> {
    throwFault(this.probeFault())
    const literals = [...include.filter(isLiteral), ...names].filter((name) => !matchesAnyMask(exclude, name))
    const tags = this.tags.filter(
      ({ name }) => !matchesAnyMask(exclude, name) && (names.includes(name) || matchesAnyMask(include, name)),
    )
    return {
      tags: tags.toSorted((a, b) => a.address.pi!.pointId - b.address.pi!.pointId),
      missing: literals.filter((name) => !this.tags.some((tag) => tag.name === name)),
    }
  }

  async *read(tag: Tag, window: Window, options: ReadOptions, signal?: AbortSignal): AsyncIterable<SamplePage> {
    this.reads.push({ tag, window, pageSize: options.pageSize })
    const rows = this.#rowsOf(tag, window)
    let from = window.from
    for (let i = 0; ;) {
      await Promise.resolve()
      signal?.throwIfAborted()
      throwFault(this.nextFault(tag))
      let end = Math.min(rows.length, i + options.pageSize)
      while (end < rows.length && rows[end]!.ticks === rows[end - 1]!.ticks) end += 1
      const until = end < rows.length ? rows[end]!.ticks : window.until
      yield { covers: { from, until }, source: this.kind, samples: rows.slice(i, end) }
      if (until === window.until) return
      from = until
      i = end
    }
  }

  async count(tag: Tag, windows: readonly Window[]): Promise<(number | undefined)[]> {
    this.counted.push({ tag, windows })
    throwFault(this.nextFault(tag))
    return windows.map((window) => (this.counts ? this.#rowsOf(tag, window).length : undefined))
  }

  /** Asks `nextFault` as `count` does. */
  async summarise(tag: Tag, windows: readonly Window[]): Promise<(string | undefined)[]> {
    this.summarised.push({ tag, windows })
    throwFault(this.nextFault(tag))
    return windows.map((window) => (this.counts ? this.summaryOf(this.#rowsOf(tag, window)) : undefined))
  }

  async *hints(tags: readonly Tag[], _everyMs: number, signal: AbortSignal): AsyncIterable<readonly Hint[]> {
    if (!this.offersHints) throwFault('BANYAN_SOURCE_REJECTED')
    const listener = new HintListener(new Set(tags.map((tag) => tag.id)))
    this.#listeners.add(listener)
    const onAbort = (): void => listener.fail(reasonOf(signal))
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    try {
      for (;;) yield await listener.next()
    } finally {
      this.#listeners.delete(listener)
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Whether somebody is listening for hints. */
  get isListenedTo(): boolean {
    return this.#listeners.size > 0
  }

  /** One poll's worth of notices, for everybody who asked for these tags. */
  hint(...hints: readonly Hint[]): void {
    for (const listener of this.#listeners) listener.tell(hints)
  }

  /** Makes every open `hints` reject, as an historian that became unreachable does. */
  failHints(code: ErrorCode): void {
    for (const listener of this.#listeners) listener.fail(injected(code))
  }

  async close(): Promise<void> {
    return
  }

  #rowsOf(tag: Tag, window: Window): Sample[] {
    return (this.archive.get(tag.id) ?? []).filter((s) => s.ticks >= window.from && s.ticks < window.until)
  }
}

function summaryText(samples: readonly Sample[]): string {
  const numbers = samples.flatMap(({ value }) => (typeof value === 'number' ? [value] : []))
  const total = numbers.reduce((sum, number) => sum + number, 0)
  return `${samples.length} ${total} ${Math.min(...numbers)} ${Math.max(...numbers)}`
}

class HintListener {
  readonly #tags: ReadonlySet<string>
  readonly #batches: (readonly Hint[])[] = []
  #failure: Error | undefined
  #wake: (() => void) | undefined

  constructor(tags: ReadonlySet<string>) {
    this.#tags = tags
  }

  tell(hints: readonly Hint[]): void {
    const own = hints.filter((hint) => this.#tags.has(hint.tag))
    if (own.length > 0) this.#batches.push(own)
    this.#wake?.()
  }

  fail(error: Error): void {
    this.#failure ??= error
    this.#wake?.()
  }

  async next(): Promise<readonly Hint[]> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      const batch = this.#batches.shift()
      if (batch !== undefined) return batch
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}

function throwFault(code: ErrorCode | undefined): void {
  if (code !== undefined) throw injected(code)
}

function injected(code: ErrorCode): BanyanError {
  return new BanyanError(code, `injected ${code}`, { retryable: code === 'BANYAN_SOURCE_UNAVAILABLE' })
}
