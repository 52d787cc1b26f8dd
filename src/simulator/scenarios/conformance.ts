/**
 * Everything a reader may trip over, in small: every type, ties across every page edge, a tick group larger than a
 * page, hostile tag names, system states, neighbours one grid step apart, future data, empty tags, special numbers.
 */
import type { Archive, StoredValue } from '../archive.ts'
import type { DataServer } from '../data-server.ts'
import { systemStateName } from '../enumeration.ts'
import { GRID_PER_SECOND, gridFromTicks } from '../grid.ts'
import type { PointSpec } from '../point.ts'
import type { Random } from '../random.ts'
import { PRIMARY_SERVER, type Scenario } from './scenario.ts'

const SECOND = GRID_PER_SECOND
const DAY = 86_400 * SECOND

/** Named so that no path, query, terminal, CSV file or page may take them at face value. */
export const ODD_NAMES = [
  'back\\slash',
  'for/ward',
  'amp&ersand',
  'ha#sh',
  'question?mark',
  'pl+us',
  'per%25cent',
  'com,ma',
  'co:lon',
  'semi;colon',
  "single 'quote'",
  'double "quote"',
  'two  blanks',
  '[bracket] {brace} $.path',
  '=SUM(A1:A9)',
  '<script>alert(1)</script>',
  'Straße Übergröße ŁÓDŹ',
  '温度計 🌡️',
  'tab\tand\u001b[31mescape',
] as const

export const conformance: Scenario = (historian, { random, scale }) => {
  const server = historian.addServer(PRIMARY_SERVER)
  const now = historian.clock.now()
  const end = gridFromTicks(now, 'floor')
  const start = end - 30 * DAY
  const add = (spec: PointSpec): Archive => server.addPoint(spec, now).archive
  addTypes(server, add, start, random)
  addTies(add, start, random, scale)
  addTimes(add, start, end)
  for (const name of ODD_NAMES) {
    const archive = add({ name, pointType: 'Float32', descriptor: `named ${name}`, engineeringUnits: '°<b>C</b>' })
    for (let i = 0; i < 5; i++) archive.insert(start + i * SECOND, Math.fround(i * 1.1))
  }
  add({ name: 'EMPTY.FLOAT', pointType: 'Float32' })
  add({ name: 'EMPTY.STRING', pointType: 'String' })
  addDecoys(historian, start)
}

function addTypes(server: DataServer, add: (spec: PointSpec) => Archive, start: number, random: Random): void {
  const set = server.addEnumerationSet('PumpState', ['Stopped', 'Läuft', 'Störung <!>', ''])
  const specials: readonly (readonly [PointSpec, readonly StoredValue[]])[] = [
    [{ name: 'TYPE.FLOAT16', pointType: 'Float16' }, [0, 0.5, -1.25, 65_504, 0.0999755859375]],
    [
      { name: 'TYPE.FLOAT32', pointType: 'Float32', engineeringUnits: 'DEG. C' },
      [
        0,
        -0,
        0.1,
        51.4615021,
        1e-45,
        1.17549435e-38,
        3.40282347e38,
        -3.40282347e38,
        16_777_217,
        NaN,
        Infinity,
        -Infinity,
      ],
    ],
    [
      { name: 'TYPE.FLOAT64', pointType: 'Float64' },
      [0, -0, 0.1, 1 / 3, 5e-324, 1.7976931348623157e308, 9_007_199_254_740_993, 1e21, NaN, Infinity, -Infinity],
    ],
    [{ name: 'TYPE.INT16', pointType: 'Int16' }, [0, 1, -1, 32_767, -32_768]],
    [{ name: 'TYPE.INT32', pointType: 'Int32' }, [0, 1, -1, 2_147_483_647, -2_147_483_648]],
    [{ name: 'TYPE.DIGITAL', pointType: 'Digital', digitalSet: set, step: true }, [0, 1, 2, 3]],
    [
      { name: 'TYPE.STRING', pointType: 'String' },
      [
        '',
        ' ',
        'plain',
        'quote " and \\ back',
        'line\r\nbreak',
        'NaN',
        '12.5',
        'null',
        '温度 🌡️',
        '\u0000\u2028',
        'x'.repeat(4000),
      ],
    ],
    [
      { name: 'TYPE.BLOB', pointType: 'Blob' },
      [new Uint8Array(), Uint8Array.of(0), Uint8Array.of(255, 0, 128), new Uint8Array(2000).map((_, i) => i & 0xff)],
    ],
    [
      { name: 'TYPE.TIMESTAMP', pointType: 'Timestamp' },
      [0n, 1n, 17_000_000_001_234_567n, -10_000_000n, 21_474_836_470_000_000n],
    ],
  ]
  for (const [spec, values] of specials) {
    const archive = add(spec)
    let grid = start
    const next = (): number => (grid += SECOND + random.below(SECOND))
    for (const value of values) archive.insert(next(), typeof value === 'number' ? rounded(spec, value) : value)
    const first = rounded(spec, values[0] ?? 0)
    for (const system of [246, 248, 249, 253, 254, 255, 300]) archive.insert(next(), { system })
    archive.insert(next(), first, { questionable: true })
    archive.insert(next(), first, { substituted: true })
    archive.insert(next(), first, { annotated: true, questionable: true, substituted: true })
    archive.insert(next(), first, { good: false })
    archive.insert(next(), { system: 254 }, { good: true })
    archive.insert(next(), { system: 248 }, { substituted: true })
  }
  if (systemStateName(300) !== '?300') throw new Error('state 300 is meant to be one without a name')
}

function rounded(spec: PointSpec, value: StoredValue): StoredValue {
  return typeof value === 'number' && /^Float(16|32)$/.test(spec.pointType) ? Math.fround(value) : value
}

/** Groups of equal time, placed so that pages of 1, 2, 7 and 1000 end inside one, at its start and at its end. */
function addTies(add: (spec: PointSpec) => Archive, start: number, random: Random, scale: number): void {
  const patterns: readonly (readonly [string, (i: number) => number])[] = [
    ['TIES.PAIRS', () => 2],
    ['TIES.TRIPLES', () => 3],
    ['TIES.PRIMES', (i) => [1, 2, 3, 5, 7, 11, 13][i % 7] ?? 1],
    ['TIES.RANDOM', () => 1 + Math.floor(random.next() ** 3 * 20)],
    ['TIES.THOUSANDS', (i) => (i % 3 === 1 ? 1000 : 1)],
    ['TIES.LARGER-THAN-A-PAGE', (i) => (i === 2 ? 2500 : 1)],
  ]
  for (const [name, sizeOf] of patterns) {
    const archive = add({ name, pointType: 'Int32' })
    const rows = Math.max(10, Math.round(3000 * scale))
    let grid = start
    for (let i = 0, written = 0; written < rows; i++) {
      grid += SECOND
      for (let k = 0; k < sizeOf(i); k++) archive.insert(grid, written++)
    }
  }
  // Identical twins: a multiset, not a set.
  const twins = add({ name: 'TIES.TWINS', pointType: 'Float32' })
  for (let i = 0; i < 50; i++) {
    for (let k = 0; k < 3; k++) twins.insert(start + i * SECOND, Math.fround(i / 7))
  }
}

function addTimes(add: (spec: PointSpec) => Archive, start: number, end: number): void {
  const neighbours = add({ name: 'TIME.NEIGHBOURS', pointType: 'Int32' })
  for (let i = 0; i < 300; i++) neighbours.insert(start + i, i)
  const minutes = add({ name: 'TIME.WHOLE-MINUTES', pointType: 'Int32' })
  const firstMinute = Math.ceil(start / (60 * SECOND)) * 60 * SECOND
  for (let i = 0; i < 200; i++) minutes.insert(firstMinute + i * 60 * SECOND, i)
  const old = add({ name: 'TIME.OLD', pointType: 'Int32' })
  // 1970-01-01T00:00:00Z, the start of PI time, and a second later; then decades of nothing.
  for (const grid of [0, SECOND, start]) old.insert(grid, grid === start ? 3 : 1 + grid / SECOND)
  const future = add({ name: 'TIME.FUTURE', pointType: 'Float64', future: true })
  for (let i = -100; i < 100; i++) future.insert(end + i * 3600 * SECOND + 17, i / 3)
  const far = add({ name: 'TIME.FUTURE-FAR', pointType: 'Float32', future: true })
  // Ten years ahead, and the last second PI can store.
  for (const grid of [end + 3650 * DAY, 2_147_483_647 * SECOND]) far.insert(grid, 1)
}

/** A second data server whose points have the same ids and names, and one that is not connected. */
function addDecoys(historian: Parameters<Scenario>[0], start: number): void {
  const decoy = historian.addServer({ name: 'DECOY', guid: '93a5a55b-d44f-4bb6-bdbd-64efc60e39a0' })
  for (const { name } of historian.primary.points.slice(0, 12)) {
    decoy.addPoint({ name, pointType: 'Int32', descriptor: 'not the one' }, 0n).archive.insert(start, -999)
  }
  historian.addServer({ name: 'OFFLINE', guid: 'a6270cc2-f162-40a8-8025-5d87a717686e', connected: false })
}
