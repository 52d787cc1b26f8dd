/** The signals of the test plant: which tags there are, and what they say. */
import type { EventFlags, StoredValue } from '../../src/simulator/archive.ts'
import type { EnumerationSet } from '../../src/simulator/enumeration.ts'
import type { PointSpec } from '../../src/simulator/point.ts'
import type { Random } from '../../src/simulator/random.ts'
import type { PiPointType } from '../../src/simulator/series.ts'

export interface Signal {
  readonly spec: PointSpec
  /** Mean distance of its samples. */
  readonly everyMs: number
}

export const VALVE_STATES = ['Closed', 'Opening', 'Open', 'Closing'] as const

const TYPES = ['Float32', 'Float64', 'Int32', 'Digital', 'String', 'Float32', 'Float32', 'Float16'] as const
/** From several samples within one settle time to one in five minutes. */
const PERIODS_MS = [20_000, 45_000, 60_000, 90_000, 300_000] as const
/** Every so many tags one compresses: its newest value may disappear again when the next one arrives. */
const COMPRESSING_EVERY = 6

/** The n-th tag of a plant, from 0. */
export function signalOf(index: number, valve: EnumerationSet): Signal {
  const pointType = TYPES[index % TYPES.length]!
  const name = `${pointType.toUpperCase()}.${String(index + 1).padStart(3, '0')}`
  const compressing = index % COMPRESSING_EVERY === 0 && pointType.startsWith('Float')
  return {
    spec: {
      name,
      pointType,
      compressing,
      compDev: compressing ? 1 : 0,
      ...(pointType === 'Digital' ? { digitalSet: valve } : {}),
    },
    everyMs: PERIODS_MS[index % PERIODS_MS.length]!,
  }
}

const STATES = [246, 248, 254] as const

/** A value such as an interface sends it; now and then a system state, or a number that is none. */
export function sampleValue(pointType: PiPointType, random: Random): StoredValue {
  const dice = random.next()
  const value = plainValue(pointType, random.below(1000))
  if (dice < 0.01) return { system: random.pick(STATES) }
  return dice < 0.012 && pointType.startsWith('Float') ? Number.NaN : value
}

/** A value no sample has had before, but for digital states, of which there are few: those differ from `before`. */
export function editedValue(pointType: PiPointType, count: number, before: StoredValue | undefined): StoredValue {
  if (pointType === 'Digital') return typeof before === 'number' ? (before + 1) % VALVE_STATES.length : 0
  return plainValue(pointType, 10_000 + count)
}

function plainValue(pointType: PiPointType, number: number): StoredValue {
  switch (pointType) {
    case 'Float32':
    case 'Float64':
    case 'Float16':
      return number / 8
    case 'Int32':
    case 'Int16':
      return number
    case 'Digital':
      return number % VALVE_STATES.length
    case 'String':
      return `state ${String(number)} ü`
    case 'Blob':
    case 'Timestamp':
      throw new Error(`the plant has no ${pointType} signals`)
  }
}

export function sampleFlags(random: Random): EventFlags {
  return random.chance(0.005) ? { questionable: true } : {}
}
