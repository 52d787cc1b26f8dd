/** MemorySource: a HistorianSource over arrays, for tests of the stages above the port. */
import { BanyanError, type ErrorCode } from '../../src/domain/errors.ts'
import type { Sample } from '../../src/domain/sample.ts'
import { tagId } from '../../src/domain/tag-id.ts'
import type { Tag } from '../../src/domain/tag.ts'
import { ticks, ticksFromMs } from '../../src/domain/ticks.ts'
import type { Window } from '../../src/domain/window.ts'
import type { Catalogue, HistorianSource, ReadOptions, SamplePage, SourceProbe } from '../../src/source/source.ts'

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
    address: { serverGuid: '00000000-0000-0000-0000-000000000000', pointId: id },
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
  readonly kind = 'pi-web-api'
  readonly archive = new Map<string, Sample[]>()
  /** Asked before every page. */
  nextFault: (tag: Tag) => ErrorCode | undefined = () => undefined
  probeFault: () => ErrorCode | undefined = () => undefined
  reads: { tag: Tag; window: Window; pageSize: number }[] = []

  async probe(): Promise<SourceProbe> {
    throwFault(this.probeFault())
    return {
      product: 'memory',
      server: 'MEM',
      serverGuid: '00000000-0000-0000-0000-000000000000',
      serverTime: ticksFromMs(Date.now()),
      clockOffsetMs: 0,
      user: undefined,
      features: { batch: true },
    }
  }

  async catalogue(): Promise<Catalogue> {
    return { tags: [], missing: [] }
  }

  async *read(tag: Tag, window: Window, options: ReadOptions): AsyncIterable<SamplePage> {
    this.reads.push({ tag, window, pageSize: options.pageSize })
    const rows = (this.archive.get(tag.id) ?? []).filter((s) => s.ticks >= window.from && s.ticks < window.until)
    let from = window.from
    for (let i = 0; ;) {
      await Promise.resolve()
      throwFault(this.nextFault(tag))
      let end = Math.min(rows.length, i + options.pageSize)
      while (end < rows.length && rows[end]!.ticks === rows[end - 1]!.ticks) end += 1
      const until = end < rows.length ? rows[end]!.ticks : window.until
      yield { covers: { from, until }, samples: rows.slice(i, end) }
      if (until === window.until) return
      from = until
      i = end
    }
  }

  async count(): Promise<undefined[]> {
    return []
  }

  async close(): Promise<void> {
    return
  }
}

function throwFault(code: ErrorCode | undefined): void {
  if (code === undefined) return
  throw new BanyanError(code, `injected ${code}`, { retryable: code === 'BANYAN_SOURCE_UNAVAILABLE' })
}
