/** fast-check arbitraries for samples and records: every type, every value the type can hold. */
import fc from 'fast-check'
import type { Sample, SampleContent, SamplePayload } from '../../src/domain/sample.ts'
import { tagId } from '../../src/domain/tag-id.ts'
import { parseTicks, ticks } from '../../src/domain/ticks.ts'
import type { SampleRecord } from '../../src/log/record.ts'

const FIRST = parseTicks('0001-01-01T00:00:00Z')
const LAST = parseTicks('9999-12-31T23:59:59.9999999Z')

export const anyTicks = fc.bigInt({ min: FIRST, max: LAST }).map(ticks)

/** Any sequence of UTF-16 units, lone surrogates included. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
)

const anyFloat = fc.float().map((value) => (Number.isNaN(value) ? NaN : value))
const float16 = fc.integer({ min: 0, max: 0xffff }).map((bits) => {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 0x1f, bits & 0x3ff]
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15))
})
const state = fc.record({ code: fc.oneof(fc.integer(), fc.maxSafeInteger()), name: anyText })

function integer<T extends SamplePayload['type']>(
  type: T,
  min: number,
  max: number,
): fc.Arbitrary<{ type: T; value: number }> {
  return fc.record({ type: fc.constant(type), value: fc.integer({ min, max }) })
}

export const anyPayload: fc.Arbitrary<SamplePayload> = fc.oneof(
  fc.record({ type: fc.constant('float16' as const), value: float16 }),
  fc.record({ type: fc.constant('float32' as const), value: anyFloat }),
  fc.record({ type: fc.constant('float64' as const), value: fc.double() }),
  integer('int8', -0x80, 0x7f),
  integer('int16', -0x8000, 0x7fff),
  integer('int32', -0x80000000, 0x7fffffff),
  integer('uint8', 0, 0xff),
  integer('uint16', 0, 0xffff),
  integer('uint32', 0, 0xffffffff),
  fc.record({ type: fc.constant('int64' as const), value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) }),
  fc.record({ type: fc.constant('uint64' as const), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
  fc.record({ type: fc.constant('boolean' as const), value: fc.boolean() }),
  fc.record({ type: fc.constant('string' as const), value: anyText }),
  fc.record({ type: fc.constant('timestamp' as const), value: anyTicks }),
  fc.record({ type: fc.constantFrom('digital' as const, 'state' as const), value: state }),
  fc.record({ type: fc.constant('bytes' as const), value: fc.uint8Array() }),
  fc.constant({ type: 'null', value: null } as const),
  fc.record({
    type: fc.constant('other' as const),
    value: fc.tuple(fc.json(), fc.constantFrom('', ' ', '\n\t')).map(([json, space]) => `${space}${json}${space}`),
  }),
)

export const anyContent: fc.Arbitrary<SampleContent> = fc
  .tuple(anyPayload, fc.integer({ min: 0, max: 0xffffffff }), fc.nat(7))
  .map(([payload, status, flags]) => ({ ...payload, status, flags }))

export const anySample: fc.Arbitrary<Sample> = fc
  .tuple(anyContent, anyTicks, fc.oneof(fc.constant(0), fc.nat()))
  .map(([content, at, ord]) => ({ ...content, ticks: at, ord }))

const anyTag = anyText.filter((text) => text !== '').map((text) => tagId('pi-north', text))
/** Left out in most records, as in a log. */
const someCopies = fc.option(fc.record({ copies: fc.integer({ min: 2, max: 1_000_000 }) }), { nil: {} })

const anySource = fc.constantFrom('pi-web-api' as const, 'opcua' as const)

export const anyRecord: fc.Arbitrary<SampleRecord> = fc.oneof(
  fc.record({
    tag: anyTag,
    sample: anySample,
    rev: fc.constant(0),
    op: fc.constant('put' as const),
    source: anySource,
  }),
  fc
    .tuple(
      fc.oneof(
        fc.record({ op: fc.constant('put' as const), sample: anySample }),
        fc.record({
          op: fc.constant('delete' as const),
          sample: anySample.map((sample): Sample => ({ ...sample, type: 'null', value: null })),
        }),
      ),
      fc.record({ tag: anyTag, rev: fc.integer({ min: 1 }), source: anySource, before: anyContent }),
      someCopies,
    )
    .map(([said, revision, copies]) => ({ ...said, ...revision, ...copies })),
)
