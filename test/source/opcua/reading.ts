/** What the reader's tests share: a source in front of a double, and its samples compared with the double's truth. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, onTestFinished } from 'vitest'
import type { Sample } from '../../../src/domain/sample.ts'
import type { Tag } from '../../../src/domain/tag.ts'
import { ticks } from '../../../src/domain/ticks.ts'
import { window, type Window } from '../../../src/domain/window.ts'
import type { OpcUaServer } from '../../../src/simulator/opcua/server.ts'
import type { UaRow } from '../../../src/simulator/opcua/row.ts'
import type { OpcUaOptions } from '../../../src/source/opcua/options.ts'
import { openOpcUaSource } from '../../../src/source/opcua/source.ts'
import { type HistorianSource, openGate, type SamplePage } from '../../../src/source/source.ts'
import { silentLogger } from '../../../src/telemetry/logger.ts'

export const EVERYTHING = window(ticks(0n), ticks(21_474_836_480_000_001n))
export const NO_SIGNAL = new AbortController().signal

let ownPki: string | undefined
afterAll(async () => {
  if (ownPki !== undefined) await rm(ownPki, { recursive: true, force: true })
})

/** A folder for one test's certificates; without `fresh` one for all tests of a file, since making keys takes time. */
export async function pkiFolder(fresh = false): Promise<string> {
  if (!fresh && ownPki !== undefined) return ownPki
  const folder = await mkdtemp(join(tmpdir(), 'banyan-pki-'))
  if (fresh) onTestFinished(() => rm(folder, { recursive: true, force: true }))
  else ownPki = folder
  return folder
}

/** Closed when the test ends. Every node of the double can be named. */
export async function openSource(server: OpcUaServer, options: Partial<OpcUaOptions> = {}): Promise<HistorianSource> {
  const source = openOpcUaSource({
    historian: 'ua',
    endpoint: server.endpoint,
    security: { mode: 'None', policy: 'None', pki: await pkiFolder() },
    identity: { type: 'anonymous' },
    nodes: { kind: 'pattern', pattern: `nsu=${server.namespaceUri};s={name}` },
    timeoutMs: 10_000,
    retryDelayMs: 1,
    gate: openGate,
    logger: silentLogger,
    ...options,
  })
  onTestFinished(() => source.close())
  return source
}

export async function tagNamed(source: HistorianSource, name: string): Promise<Tag> {
  const { tags } = await source.catalogue({ include: [], exclude: [], names: [name] }, NO_SIGNAL)
  return tags[0]!
}

/** All samples of a window; the pages are checked to tile it and to hold whole tick groups. */
export async function readAll(
  source: HistorianSource,
  tag: Tag,
  pageSize: number,
  range: Window = EVERYTHING,
): Promise<Sample[]> {
  const pages: SamplePage[] = []
  for await (const page of source.read(tag, range, { pageSize }, NO_SIGNAL)) pages.push(page)
  let at = range.from
  for (const { covers, samples } of pages) {
    expect(covers.from).toBe(at)
    at = covers.until
    for (const sample of samples) expect(sample.ticks >= covers.from && sample.ticks < covers.until).toBe(true)
  }
  expect(at).toBe(range.until)
  const samples = pages.flatMap((page) => page.samples)
  for (const [i, { ticks: time, ord }] of samples.entries()) {
    const before = samples[i - 1]
    expect(before === undefined || before.ticks <= time).toBe(true)
    expect(ord).toBe(before?.ticks === time ? before.ord + 1 : 0)
  }
  return samples
}

/** Ticks, status and value of Double rows, as a sorted list: servers may shuffle what shares a tick. */
export function factsOfTruth(rows: readonly UaRow[]): string[] {
  return rows.map(({ ticks: at, status, value }) => facts(at, status, value?.value)).toSorted()
}

export function factsOfSamples(samples: readonly Sample[]): string[] {
  return samples.map(({ ticks: at, status, value }) => facts(at, status, value)).toSorted()
}

function facts(at: bigint, status: number, value: unknown): string {
  return `${at} ${status} ${typeof value === 'number' ? value : 'none'}`
}
