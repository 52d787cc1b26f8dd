import { describe, expect, it } from 'vitest'
import type { Sample } from '../../src/domain/sample.ts'
import type { Window } from '../../src/domain/window.ts'
import { HistorianReader } from '../../src/verify/historian-reader.ts'
import { MemorySource, testTag } from '../harness/memory-source.ts'
import { sample, span } from './copied-historian.ts'

const A = testTag(1)
const signal = new AbortController().signal

async function readAll(reader: HistorianReader, window: Window, expected: number): Promise<Sample[]> {
  const samples: Sample[] = []
  for await (const page of reader.read(A, window, expected, signal)) samples.push(...page.samples)
  return samples
}

/** A source that answers with these pages, whatever is asked. */
function answering(...pages: { covers: Window; samples: Sample[] }[]): MemorySource {
  const source = new MemorySource()
  source.read = async function* () {
    for (const page of pages) yield { source: 'pi-web-api', ...page }
  }
  return source
}

describe('historian reader', () => {
  it('asks for a little more than it expects, so that one short page is the end', async () => {
    const source = new MemorySource()
    source.archive.set(A.id, [sample(1, 1), sample(2, 2), sample(3, 3)])
    const reader = new HistorianReader(source, 10_000)
    expect(await readAll(reader, span(0, 10), 3)).toHaveLength(3)
    expect(reader.rows).toBe(3)
    expect(source.reads).toHaveLength(1)
    expect(source.reads[0]!.pageSize).toBeGreaterThan(3)
    expect(source.reads[0]!.pageSize).toBeLessThan(100)
  })

  it('never asks for more than is configured, and never for pages of the size that replay asks for', async () => {
    const source = new MemorySource()
    const reader = new HistorianReader(source, 1_000)
    for (const expected of [0, 700, reader.rowLimit, 5_000]) await readAll(reader, span(0, 10), expected)
    for (const { pageSize } of source.reads) expect(pageSize).toBeLessThan(1_000)
    const tiny = new HistorianReader(source, 1)
    await readAll(tiny, span(0, 10), 0)
    expect(source.reads.at(-1)!.pageSize).toBe(1)
  })

  it.each([
    ['begin late', [{ covers: span(1, 10), samples: [] }]],
    ['leave a stretch out', [span(0, 4), span(5, 10)].map((covers) => ({ covers, samples: [] }))],
    ['end early', [{ covers: span(0, 9), samples: [] }]],
    ['go too far', [{ covers: span(0, 11), samples: [] }]],
    ['carry a sample from outside', [{ covers: span(0, 10), samples: [sample(10, 1)] }]],
  ])('refuses pages that %s', async (_, pages) => {
    const reader = new HistorianReader(answering(...pages), 100)
    await expect(readAll(reader, span(0, 10), 5)).rejects.toMatchObject({ code: 'BANYAN_INTERNAL' })
  })
})
