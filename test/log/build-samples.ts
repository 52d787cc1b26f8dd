/** Samples and append entries for the tests of the log: a plain run, one of every kind, corrections, and batches. */
import type { Sample, SampleContent, SamplePayload } from '../../src/domain/sample.ts'
import { tagId, type TagId } from '../../src/domain/tag-id.ts'
import { parseTicks, ticks, TICKS_PER_SECOND, type Ticks } from '../../src/domain/ticks.ts'
import type { AmendEntry, AppendEntry, Correction, CoverEntry, PlaceEntry } from '../../src/log/log.ts'

export const START = parseTicks('2024-05-01T06:00:00.1250305Z')

export function tagNamed(id: string | number): TagId {
  return tagId('pi-north', id)
}

/** `START` plus so many seconds. */
export function second(n: number): Ticks {
  return ticks(START + BigInt(n) * TICKS_PER_SECOND)
}

function contentAt(n: number, change = 0): SampleContent {
  return { type: 'float32', value: Math.fround(Math.sin(n) + change), status: 0, flags: 0 }
}

/** One float32 sample per second of `[fromSecond, untilSecond)`; the window they fill. */
export function secondsEntry(tag: TagId, fromSecond: number, untilSecond: number): CoverEntry {
  const samples: Sample[] = []
  for (let n = fromSecond; n < untilSecond; n++) samples.push({ ticks: second(n), ord: 0, ...contentAt(n) })
  return { tag, source: 'pi-web-api', covers: { from: second(fromSecond), until: second(untilSecond) }, samples }
}

export function emptyEntry(tag: TagId, fromSecond: number, untilSecond: number): CoverEntry {
  return {
    ...secondsEntry(tag, fromSecond, fromSecond),
    covers: { from: second(fromSecond), until: second(untilSecond) },
  }
}

export function amendEntry(tag: TagId, after: number, corrections: readonly Correction[]): AmendEntry {
  return { kind: 'amend', tag, source: 'pi-web-api', after, corrections }
}

export function placeEntry(tag: TagId, liveFrom: Ticks): PlaceEntry {
  return { kind: 'place', tag, liveFrom }
}

/** The sample `secondsEntry` has at this second gets another value, one more with each revision. */
export function edited(n: number, rev = 1): Correction {
  return { sample: { ticks: second(n), ord: 0, ...contentAt(n, rev) }, rev, op: 'put', before: contentAt(n, rev - 1) }
}

/** The sample `secondsEntry` has at this second, after `rev - 1` edits, is gone. */
export function deleted(n: number, rev = 1): Correction {
  const sample: Sample = { ticks: second(n), ord: 0, type: 'null', value: null, status: 0, flags: 0 }
  return { sample, rev, op: 'delete', before: contentAt(n, rev - 1) }
}

/** A sample that came late, to a second that may have others. */
export function late(n: number, ord: number): Correction {
  return { sample: { ticks: second(n), ord, ...contentAt(n, 100 * ord) }, rev: 0, op: 'put' }
}

/** Values at the edges of every type, and every way text can be awkward. */
export const UNUSUAL_PAYLOADS: readonly SamplePayload[] = [
  { type: 'float16', value: 65504 },
  { type: 'float16', value: -0 },
  { type: 'float32', value: Math.fround(0.1) },
  { type: 'float32', value: Math.fround(1.401298464324817e-45) },
  { type: 'float32', value: Math.fround(3.4028234663852886e38) },
  { type: 'float32', value: -0 },
  { type: 'float32', value: NaN },
  { type: 'float32', value: Infinity },
  { type: 'float64', value: -Infinity },
  { type: 'float64', value: NaN },
  { type: 'float64', value: 5e-324 },
  { type: 'float64', value: 1.7976931348623157e308 },
  { type: 'float64', value: -0 },
  { type: 'int8', value: -128 },
  { type: 'int16', value: -32768 },
  { type: 'int32', value: -2147483648 },
  { type: 'int64', value: -9223372036854775808n },
  { type: 'int64', value: 9007199254740993n },
  { type: 'uint8', value: 255 },
  { type: 'uint16', value: 65535 },
  { type: 'uint32', value: 4294967295 },
  { type: 'uint64', value: 18446744073709551615n },
  { type: 'boolean', value: true },
  { type: 'boolean', value: false },
  { type: 'string', value: '' },
  { type: 'string', value: 'quote " back \\ slash / NUL \0 line \n \u2028 ü 漢 😀' },
  { type: 'string', value: 'lone \ud800 surrogates \udfff' },
  { type: 'string', value: 'long '.repeat(20_000) },
  { type: 'timestamp', value: parseTicks('0001-01-01T00:00:00Z') },
  { type: 'timestamp', value: parseTicks('9999-12-31T23:59:59.9999999Z') },
  { type: 'digital', value: { code: 3, name: 'Läuft' } },
  { type: 'state', value: { code: 254, name: 'Shutdown' } },
  { type: 'state', value: { code: -65536, name: '' } },
  { type: 'bytes', value: Uint8Array.from({ length: 256 }, (_, i) => i) },
  { type: 'bytes', value: new Uint8Array(0) },
  { type: 'null', value: null },
  { type: 'other', value: '{"a": [1.0, 12345678901234567890, "}\\""], "value":1}' },
  { type: 'other', value: ' 1e400 ' },
]

/** All of them, two to a tick, with every flag and a few statuses. */
export function unusualEntry(tag: TagId): CoverEntry {
  const samples = UNUSUAL_PAYLOADS.map((payload, index): Sample => {
    const content: SampleContent = {
      ...payload,
      status: [0, 0x40000000, 0x809b0000, 0xffffffff][index % 4]!,
      flags: index % 8,
    }
    return { ...content, ticks: second(Math.floor(index / 2)), ord: index % 2 }
  })
  return { tag, source: 'opcua', covers: { from: second(0), until: second(1000) }, samples }
}

/** What the crash tests append, in a process of its own: two tags, one without samples, in one batch. */
export const CRASH_BATCH: readonly CoverEntry[] = [
  secondsEntry(tagNamed('crash-a'), 100, 400),
  emptyEntry(tagNamed('crash-b'), 100, 400),
  secondsEntry(tagNamed('crash-c'), 100, 110),
]

/** The same for a tag whose first hundred seconds are in the log: corrections of those, and what comes after them. */
export const CRASH_AMENDMENT: readonly AppendEntry[] = [
  amendEntry(tagNamed('crash-a'), 0, [edited(5), deleted(6), late(7, 1), late(7, 2)]),
  secondsEntry(tagNamed('crash-a'), 100, 110),
  secondsEntry(tagNamed('crash-c'), 100, 110),
]

export const CRASH_BATCHES = { samples: CRASH_BATCH, amendment: CRASH_AMENDMENT } as const
export type CrashBatch = keyof typeof CRASH_BATCHES
