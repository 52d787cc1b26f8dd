import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SampleContent, SamplePayload } from '../../src/domain/sample.ts'
import { decodeRecord, encodeRecord, type SampleRecord } from '../../src/log/record.ts'
import { anyRecord } from './arbitrary-sample.ts'
import { START, tagNamed, UNUSUAL_PAYLOADS } from './build-samples.ts'

const PLAIN: SampleRecord = {
  tag: tagNamed(12345),
  sample: { ticks: START, ord: 0, type: 'float32', value: Math.fround(51.4615021), status: 0, flags: 0 },
  rev: 0,
  op: 'put',
  source: 'pi-web-api',
}

function recordWith(payload: SamplePayload): SampleRecord {
  return { ...PLAIN, sample: { ...payload, ticks: START, ord: 0, status: 0, flags: 0 } }
}

/** The text of `PLAIN` with some fields changed or, with undefined, left out. */
function textWith(changes: Record<string, unknown>): string {
  return JSON.stringify({ ...(JSON.parse(encodeRecord(PLAIN)) as object), ...changes })
}

describe('record codec', () => {
  it('gives back every record', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        expect(decodeRecord(encodeRecord(record))).toEqual(record)
      }),
      { numRuns: 2_000 },
    )
  })

  it('survives UTF-8, whatever the text', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const text = encodeRecord(record)
        expect(Buffer.from(text, 'utf8').toString('utf8')).toBe(text)
      }),
    )
  })

  it('gives back every float32, by its bits', () => {
    const view = new DataView(new ArrayBuffer(4))
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (bits) => {
        view.setUint32(0, bits)
        const value = view.getFloat32(0)
        const { sample } = decodeRecord(encodeRecord(recordWith({ type: 'float32', value })))
        expect(sample.value).toBe(value)
      }),
      { numRuns: 20_000 },
    )
  })

  it('prints a float32 with 7 significant digits where they suffice, else with 9', () => {
    const view = new DataView(new ArrayBuffer(4))
    fc.assert(
      fc.property(
        fc.oneof(fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 0x3a000000, max: 0x4c000000 })),
        (bits) => {
          view.setUint32(0, bits)
          const value = view.getFloat32(0)
          fc.pre(Number.isFinite(value) && value !== 0)
          const short = Number(value.toPrecision(7))
          const expected = Math.fround(short) === value ? short : Number(value.toPrecision(9))
          expect(encodeRecord(recordWith({ type: 'float32', value }))).toContain(`"value":${String(expected)},`)
        },
      ),
      { numRuns: 20_000 },
    )
  })

  it.each(UNUSUAL_PAYLOADS)('gives back $type $value', (payload) => {
    expect(decodeRecord(encodeRecord(recordWith(payload))).sample).toMatchObject(payload)
  })

  it('keeps a JSON value of the source to the letter, also in what a revision supersedes', () => {
    const other = (value: string): SampleContent => ({ type: 'other', value, status: 0, flags: 0 })
    const record: SampleRecord = {
      ...PLAIN,
      sample: { ...other('{"value": 1.0, "before": {"value": 2e0}}'), ticks: START, ord: 0 },
      rev: 1,
      before: other('[ "}", 12345678901234567890123 ]'),
    }
    expect(decodeRecord(encodeRecord(record))).toEqual(record)
  })

  it('writes what the contract shows', () => {
    expect(encodeRecord(PLAIN)).toBe(
      '{"v":1,"tag":"pi-north/12345","ts":"2024-05-01T06:00:00.1250305Z","ord":0,"rev":0,"op":"put","type":"float32","value":51.4615021,"status":0,"src":"pi-web-api"}',
    )
  })

  it('says how many copies a revision supersedes, behind what it supersedes', () => {
    const { type, value, status, flags } = PLAIN.sample
    const before = { type, value, status, flags } as SampleContent
    const text = encodeRecord({ ...PLAIN, rev: 1, before, copies: 2 })
    expect(text).toMatch(/"src":"pi-web-api","before":\{"type":"float32","value":51.4615021,"status":0\},"copies":2\}$/)
  })

  it('ignores fields it does not know', () => {
    expect(decodeRecord(textWith({ note: { value: [1, 2] }, __proto__: null }))).toEqual(PLAIN)
    expect(decodeRecord(encodeRecord(PLAIN).replace('{', '{"__proto__":{"rev":7},'))).toEqual(PLAIN)
  })

  it('finds an exact value behind unknown fields and white space', () => {
    const text = ' { "x" : "\\"value\\":" , "value" : 1.50 , "y":[{"value":2}],"type":"other" ,'
    const rest = encodeRecord(PLAIN)
      .replace(/"type".*"status"/, '"status"')
      .slice(1)
    expect(decodeRecord(text + rest).sample.value).toBe(' 1.50 ')
  })

  it.each<[string, string]>([
    ['no JSON', '{"v":1'],
    ['nothing', ''],
    ['a list', '[]'],
    ['null', 'null'],
    ['another version', textWith({ v: 2 })],
    ['no version', textWith({ v: undefined })],
    ['a tag without historian', textWith({ tag: '12345' })],
    ['a tag that is a number', textWith({ tag: 1 })],
    ['a time with three digits', textWith({ ts: '2024-05-01T06:00:00.125Z' })],
    ['a time in a zone', textWith({ ts: '2024-05-01T06:00:00.12503+02' })],
    ['February 30', textWith({ ts: '2024-02-30T06:00:00.0000000Z' })],
    ['a negative place', textWith({ ord: -1 })],
    ['half a place', textWith({ ord: 0.5 })],
    ['no place', textWith({ ord: undefined })],
    ['a revision that supersedes nothing', textWith({ rev: 1 })],
    ['a first record that supersedes', textWith({ before: { type: 'float32', value: 1, status: 0 } })],
    ['a first record that deletes', textWith({ op: 'delete', value: null })],
    ['another op', textWith({ op: 'merge' })],
    ['another source', textWith({ src: 'guess' })],
    ['an unknown type', textWith({ type: 'float128' })],
    ['a type from the prototype', textWith({ type: 'constructor' })],
    ['no value', textWith({ value: undefined })],
    ['a number as text', textWith({ value: '1.5' })],
    ['a float32 out of range', textWith({ value: 1e39 })],
    ['a number beyond double', encodeRecord(PLAIN).replace('51.4615021', '1e999')],
    ['an int8 out of range', textWith({ type: 'int8', value: 128 })],
    ['a broken integer', textWith({ type: 'int32', value: 1.5 })],
    ['a negative unsigned', textWith({ type: 'uint16', value: -1 })],
    ['an int64 as number', textWith({ type: 'int64', value: 1 })],
    ['an int64 out of range', textWith({ type: 'int64', value: '9223372036854775808' })],
    ['an int64 with leading zero', textWith({ type: 'int64', value: '01' })],
    ['a negative uint64', textWith({ type: 'uint64', value: '-1' })],
    ['a boolean as number', textWith({ type: 'boolean', value: 1 })],
    ['a state without name', textWith({ type: 'state', value: { code: 1 } })],
    ['a state with a broken code', textWith({ type: 'state', value: { code: 1.5, name: 'x' } })],
    ['bytes that are not base64', textWith({ type: 'bytes', value: 'AAE' })],
    ['a null with value', textWith({ type: 'null', value: 0 })],
    ['other without value', textWith({ type: 'other', value: undefined })],
    ['a status beyond 32 bits', textWith({ status: 2 ** 32 })],
    ['a negative status', textWith({ status: -1 })],
    ['an unknown flag', textWith({ flags: ['annotated', 'suspect'] })],
    ['flags that are no list', textWith({ flags: 'annotated' })],
    ['a delete with a value', textWith({ op: 'delete', rev: 1, before: { type: 'float32', value: 1, status: 0 } })],
    [
      'a delete of another type',
      textWith({ op: 'delete', rev: 1, value: null, before: { type: 'int8', value: 1, status: 0 } }),
    ],
    ['copies of nothing', textWith({ copies: 2 })],
    ['one copy', textWith({ rev: 1, before: { type: 'float32', value: 1, status: 0 }, copies: 1 })],
    ['half a copy', textWith({ rev: 1, before: { type: 'float32', value: 1, status: 0 }, copies: 2.5 })],
    ['too many copies', textWith({ rev: 1, before: { type: 'float32', value: 1, status: 0 }, copies: 1_000_001 })],
    ['a broken before', textWith({ rev: 1, before: { type: 'float32', value: 1 } })],
  ])('refuses %s', (_, text) => {
    expect(() => decodeRecord(text)).toThrow(expect.objectContaining({ code: 'BANYAN_LOG_CORRUPT' }) as Error)
  })

  it('never fails in another way, whatever it reads', () => {
    const fieldNames = fc.constantFrom(
      'v',
      'tag',
      'ts',
      'ord',
      'rev',
      'op',
      'type',
      'value',
      'status',
      'flags',
      'src',
      'before',
      'copies',
    )
    fc.assert(
      fc.property(fc.dictionary(fieldNames, fc.jsonValue()), (changes) => {
        try {
          decodeRecord(textWith(changes))
        } catch (error) {
          expect(error).toMatchObject({ code: 'BANYAN_LOG_CORRUPT' })
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it.each<[string, SampleRecord]>([
    ['a float32 that is not one', recordWith({ type: 'float32', value: 0.1 })],
    ['an int8 out of range', recordWith({ type: 'int8', value: 200 })],
    ['a uint32 with a fraction', recordWith({ type: 'uint32', value: 0.5 })],
    ['an int64 out of range', recordWith({ type: 'int64', value: 2n ** 63n })],
    ['a state with a huge code', recordWith({ type: 'state', value: { code: 2 ** 60, name: '' } })],
    ['a JSON value that is not JSON', recordWith({ type: 'other', value: '{"a":' })],
    ['a JSON value that ends the record', recordWith({ type: 'other', value: '1,"status":0' })],
    ['a JSON value with a raw lone surrogate', recordWith({ type: 'other', value: '"\ud800"' })],
    ['a status beyond 32 bits', { ...PLAIN, sample: { ...PLAIN.sample, status: 2 ** 32 } }],
    ['unknown flags', { ...PLAIN, sample: { ...PLAIN.sample, flags: 8 } }],
    ['a negative place', { ...PLAIN, sample: { ...PLAIN.sample, ord: -1 } }],
    ['a time beyond the year 9999', { ...PLAIN, sample: { ...PLAIN.sample, ticks: (2n ** 62n) as typeof START } }],
    ['a tag that is none', { ...PLAIN, tag: 'FIC101' as typeof PLAIN.tag }],
    ['a revision without before', { ...PLAIN, rev: 1 }],
    ['a first record with before', { ...PLAIN, before: PLAIN.sample }],
    ['a first record of copies', { ...PLAIN, copies: 2 }],
    ['a revision of one copy', { ...PLAIN, rev: 1, before: PLAIN.sample, copies: 1 }],
    ['a delete that carries a value', { ...PLAIN, rev: 1, op: 'delete', before: PLAIN.sample }],
  ])('does not write %s', (_, record) => {
    expect(() => encodeRecord(record)).toThrow(expect.objectContaining({ code: 'BANYAN_LOG_REJECTED' }) as Error)
  })
})
