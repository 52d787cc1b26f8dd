/**
 * Nodes for what PI has no point type or no quality for: a reader of OPC UA must carry these too. Every value here has
 * an edge of its own: extremes, signs, emptiness, text that means something elsewhere.
 */
import type { ExtraNode } from './plant.ts'
import type { UaRow, UaScalar, UaType } from './row.ts'
import { HISTORIAN_BITS } from './status.ts'

const TICKS_PER_SECOND = 10_000_000n

const VALUES: readonly (readonly [string, UaType, readonly UaScalar[]])[] = [
  ['EXTRA.BOOLEAN', 'Boolean', [true, false]],
  ['EXTRA.SBYTE', 'SByte', [-128, 0, 127]],
  ['EXTRA.BYTE', 'Byte', [0, 255]],
  ['EXTRA.UINT16', 'UInt16', [0, 65_535]],
  ['EXTRA.UINT32', 'UInt32', [0, 4_294_967_295]],
  ['EXTRA.INT64', 'Int64', [-(2n ** 63n), -1n, 0n, 2n ** 53n + 1n, 2n ** 63n - 1n]],
  ['EXTRA.UINT64', 'UInt64', [0n, 2n ** 32n, 2n ** 64n - 1n]],
  ['EXTRA.FLOAT', 'Float', [NaN, Infinity, -Infinity, -0, Math.fround(1.1), Math.fround(1e-45)]],
  ['EXTRA.DOUBLE', 'Double', [NaN, Infinity, -Infinity, -0, 1.1, 5e-324, Number.MAX_VALUE]],
  ['EXTRA.STRING', 'String', ['', 'NaN', 'nul \u0000 inside', '温度 🌡️']],
  ['EXTRA.GUID', 'Guid', ['00000000-0000-0000-0000-000000000000', '72962B91-FA75-4AE6-8D28-B404DC7DAF63']],
  [
    'EXTRA.TEXT',
    'LocalizedText',
    [
      { locale: 'de', text: 'läuft' },
      { locale: '', text: '' },
    ],
  ],
  ['EXTRA.TIME', 'DateTime', [0n, 1n, 17_000_000_001_234_567n]],
]

/** Known to no library: the vendor's own, in each severity. */
const VENDOR_STATUS = [0x0f12_0000, 0x4f12_0000, 0x8f12_0000, 0x8f12_0480] as const
/** Good, and yet not zero: calculated, low limit, overflow, semantics and structure changed, extra data. */
const GOOD_WITH_BITS = [0x401, 0x500, 0x480, 0x4000, 0x8000, HISTORIAN_BITS.extraData] as const

/** Histories that begin at `start` (ticks) with a row a second. */
export function extraKinds(start: bigint): ExtraNode[] {
  const at = (index: number): bigint => start + BigInt(index) * TICKS_PER_SECOND
  const rowsOf = (values: readonly UaRow['value'][]): UaRow[] =>
    values.map((value, index) => ({ ticks: at(index), status: 0, value }))
  const scalars = VALUES.map(([name, type, values]) => ({
    name,
    type,
    rows: rowsOf(values.map((value) => ({ type, value }))),
  }))
  const five = { type: 'Double', value: 5 } as const
  return [
    ...scalars,
    {
      name: 'EXTRA.ARRAY',
      type: 'Double',
      isArray: true,
      rows: rowsOf([[], [1.5], [NaN, -0, 3]].map((value) => ({ type: 'Double', value }))),
    },
    {
      name: 'EXTRA.SPARSE-STATES',
      type: 'Int32',
      states: [
        { value: -1, name: 'unknown' },
        { value: 10, name: 'closed' },
        { value: 1000, name: 'open' },
      ],
      rows: rowsOf([-1, 10, 1000, 7].map((value) => ({ type: 'Int32', value }))),
    },
    {
      name: 'EXTRA.STATUS',
      type: 'Double',
      rows: [
        ...[...VENDOR_STATUS, ...GOOD_WITH_BITS].map((status, i) => ({ ticks: at(i), status, value: five })),
        ...[0x8031_0000, 0x8f12_0000].map((status, i) => ({ ticks: at(20 + i), status, value: undefined })),
      ],
    },
    {
      // Within one tick, told apart by picoseconds alone.
      name: 'EXTRA.PICOSECONDS',
      type: 'Double',
      rows: [{}, { picoseconds: 10 }, { picoseconds: 99_990 }].map((below) => ({
        ticks: start,
        ...below,
        status: 0,
        value: five,
      })),
    },
    { name: 'EXTRA.NO-HISTORY', type: 'Double', hasHistory: false, rows: [] },
  ]
}
