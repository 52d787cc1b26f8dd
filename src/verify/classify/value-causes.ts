/** Causes that show in the values of samples whose times are equal. Each states what it takes to be named. */
import type { Sample } from '../../domain/sample.ts'
import { areAll, pairsOf, type CellFacts, type SamplePair } from './cell-facts.ts'
import { isFloat, meaningKey, numberOf } from './meaning.ts'
import { contentKey } from './sample-key.ts'

/** Fewer changed values may be anything. */
const LEAST_WIDENED = 3
const LEAST_CHANGED = 8
/** Of a side that is not frozen. */
const LEAST_MOVING = 3
/** A line through few different values proves little. */
const LEAST_DIFFERENT = 5
/** What float32 and a conversion in floating point cost, relative to the largest number involved. */
const ROUNDING = 1e-6

/** Three samples or more, all differences: the same float32, said in two widths, or neighbours on the float32 ladder. */
export function isFloatWidening(facts: CellFacts): boolean {
  return areAll(facts, ['VALUE', 'REPRESENTATION'], LEAST_WIDENED) && pairsOf(facts).every(isWidened)
}

function isWidened({ historian, log }: SamplePair): boolean {
  if (!isFloat(historian) || !isFloat(log)) return false
  const [was, is] = [historian.value, log.value]
  // Zeros with different signs are a matter of form, not of width.
  if (was === is) return Object.is(was, is)
  const isNarrowed = Object.is(Math.fround(was), is) || Object.is(was, Math.fround(is))
  const areNarrow = historian.type !== 'float64' && log.type !== 'float64'
  return isNarrowed || (areNarrow && Math.abs(ladderPlace(was) - ladderPlace(is)) === 1)
}

const ladder = new DataView(new ArrayBuffer(4))

/** Place of a float32 among all of them, ascending; both zeros share one. */
function ladderPlace(value: number): number {
  ladder.setFloat32(0, value)
  const bits = ladder.getInt32(0)
  return bits < 0 ? -(bits & 0x7fffffff) : bits
}

/**
 * Eight values or more, all differences: one content on one side, three or more on the other. A system state that
 * repeats says itself why.
 */
export function isStale(facts: CellFacts): boolean {
  if (!areAll(facts, ['VALUE', 'STATE', 'QUALITY'], LEAST_CHANGED)) return false
  const pairs = pairsOf(facts)
  const [held, logged] = [pairs.map(({ historian }) => historian), pairs.map(({ log }) => log)]
  return isFrozen(logged, held) || isFrozen(held, logged)
}

function isFrozen(side: readonly Sample[], other: readonly Sample[]): boolean {
  const differentContents = (samples: readonly Sample[]): number => new Set(samples.map(contentKey)).size
  return side[0]?.type !== 'state' && differentContents(side) === 1 && differentContents(other) >= LEAST_MOVING
}

interface Line {
  readonly factor: number
  readonly offset: number
}

/**
 * Eight numbers or more, five of them different, all differences: log = factor × historian + offset within rounding,
 * which equality itself is not. Numbers that both sides have are rather moved than converted. Answers the relation.
 */
export function unitRelation(facts: CellFacts): string | undefined {
  if (!areAll(facts, ['VALUE'], LEAST_CHANGED)) return undefined
  const pairs = pairsOf(facts)
  const points = pairs.map(({ historian, log }) => ({ was: finite(historian), is: finite(log) }))
  const first = points.reduce((a, b) => (b.was < a.was ? b : a), points[0] ?? { was: 0, is: 0 })
  const last = points.reduce((a, b) => (b.was > a.was ? b : a), first)
  const factor = (last.is - first.is) / (last.was - first.was)
  const line = { factor, offset: first.is - factor * first.was }
  const scale = points.reduce((most, { was, is }) => Math.max(most, Math.abs(was * factor), Math.abs(is)), 0)
  const slack = ROUNDING * scale
  const isOnLine = points.every(({ was, is }) => Math.abs(factor * was + line.offset - is) <= slack)
  const isChanged = points.every(({ was, is }) => Math.abs(is - was) > 10 * ROUNDING * Math.abs(was))
  const isFlat = Math.abs(last.is - first.is) <= 10 * slack
  const different = new Set(points.map(({ was }) => was)).size
  if (!isOnLine || !isChanged || isFlat || different < LEAST_DIFFERENT || areShared(pairs)) return undefined
  return describeLine(line, slack)
}

/** NaN, which is on no line, for what is no finite number. */
function finite(sample: Sample): number {
  const number = Number(numberOf(sample) ?? NaN)
  return Number.isFinite(number) ? number : NaN
}

/** True when half of the historian's values are among the log's: neighbours of a series that was moved. */
function areShared(pairs: readonly SamplePair[]): boolean {
  const logged = new Set(pairs.map(({ log }) => meaningKey(log)))
  return pairs.filter(({ historian }) => logged.has(meaningKey(historian))).length * 2 >= pairs.length
}

/** Conversions met in plants; those of two units of one quantity also the other way round. */
const CONVERSIONS: readonly (Line & { readonly name: string; readonly back: string })[] = [
  { factor: 1.8, offset: 32, name: '°C to °F', back: '°F to °C' },
  { factor: 1, offset: 273.15, name: '°C to K', back: 'K to °C' },
  { factor: 1000, offset: 0, name: 'thousandfold', back: 'a thousandth' },
  { factor: 100, offset: 0, name: 'hundredfold, as a share to %', back: 'a hundredth, as % to a share' },
  { factor: 60, offset: 0, name: 'as minutes to seconds', back: 'as seconds to minutes' },
  { factor: 3600, offset: 0, name: 'as hours to seconds', back: 'as seconds to hours' },
  { factor: 6.894757, offset: 0, name: 'psi to kPa', back: 'kPa to psi' },
  { factor: 0.06894757, offset: 0, name: 'psi to bar', back: 'bar to psi' },
  { factor: 0.45359237, offset: 0, name: 'lb to kg', back: 'kg to lb' },
  { factor: 3.785412, offset: 0, name: 'US gal to l', back: 'l to US gal' },
  { factor: -1, offset: 0, name: 'the sign', back: 'the sign' },
]

function describeLine(line: Line, slack: number): string {
  const isLine = ({ factor, offset }: Line): boolean =>
    Math.abs(factor - line.factor) <= 10 * ROUNDING * Math.abs(factor) && Math.abs(offset - line.offset) <= 10 * slack
  const known = CONVERSIONS.flatMap(({ factor, offset, name, back }) => [
    { factor, offset, name },
    { factor: 1 / factor, offset: -offset / factor, name: back },
  ]).find(isLine)
  const { factor, offset } = known ?? { factor: line.factor, offset: Math.abs(line.offset) <= slack ? 0 : line.offset }
  const product = factor === 1 ? 'historian' : `${short(factor)} × historian`
  const sum = offset === 0 ? '' : ` ${offset < 0 ? '-' : '+'} ${short(Math.abs(offset))}`
  return `log = ${product}${sum}${known === undefined ? '' : `, ${known.name}`}`
}

function short(number: number): string {
  return String(Number(number.toPrecision(6)))
}
