/**
 * Seeded faults: ways in which a copy goes wrong, each done on purpose to a copy of real samples in memory. Pure. What
 * they are is what has been seen to happen: a sample lost, one too many, the last bit of a value, a time one tick off.
 */
import type { Sample } from '../../domain/sample.ts'
import { ticks } from '../../domain/ticks.ts'
import type { Window } from '../../domain/window.ts'

/** The samples with the fault; undefined where these cannot have it. `samples`: ascending, inside the window. */
export type SeededFault = (samples: readonly Sample[], window: Window) => readonly Sample[] | undefined

export const SEEDED_FAULTS = {
  lost: (samples) => (samples.length === 0 ? undefined : samples.toSpliced(middleOf(samples), 1)),

  added: (samples, { until }) => {
    const at = middleOf(samples)
    const one = samples[at]
    // A time of its own: the next tick, unless there is a sample already, or the window ends.
    if (one === undefined || one.ticks + 1n >= until || samples[at + 1]?.ticks === one.ticks + 1n) return undefined
    return samples.toSpliced(at + 1, 0, { ...one, ticks: ticks(one.ticks + 1n), ord: 0 })
  },

  changed: (samples) => {
    const at = samples.findIndex((sample) => nextValue(sample) !== undefined)
    const one = samples[at]
    const other = one && nextValue(one)
    return other && samples.with(at, other)
  },

  moved: (samples, { until }) => {
    const one = samples.at(-1)
    // The last one: it passes no other.
    if (one === undefined || one.ticks + 1n >= until) return undefined
    return samples.with(-1, { ...one, ticks: ticks(one.ticks + 1n), ord: 0 })
  },
} as const satisfies Readonly<Record<string, SeededFault>>

function middleOf(samples: readonly Sample[]): number {
  return samples.length >> 1
}

/** A value that differs by the least there is, towards zero; undefined for kinds that have no next value. */
function nextValue(sample: Sample): Sample | undefined {
  switch (sample.type) {
    case 'float16':
    case 'float32':
      return Number.isFinite(sample.value) ? { ...sample, value: nextFloat32(sample.value) } : undefined
    case 'float64':
      return Number.isFinite(sample.value) ? { ...sample, value: nextFloat64(sample.value) } : undefined
    case 'int8':
    case 'int16':
    case 'int32':
    case 'uint8':
    case 'uint16':
    case 'uint32':
      return { ...sample, value: sample.value > 0 ? sample.value - 1 : sample.value + 1 }
    case 'int64':
    case 'uint64':
      return { ...sample, value: sample.value > 0n ? sample.value - 1n : sample.value + 1n }
    case 'boolean':
      return { ...sample, value: !sample.value }
    case 'string':
      return { ...sample, value: `${sample.value}~` }
    case 'timestamp':
      return { ...sample, value: ticks(sample.value > 0n ? sample.value - 1n : sample.value + 1n) }
    case 'digital':
      return { ...sample, value: { ...sample.value, code: sample.value.code + 1 } }
    case 'bytes':
    case 'state':
    case 'null':
    case 'other':
      return undefined
  }
}

const bits = new DataView(new ArrayBuffer(8))

/** What is finite stays so: the last bit of the fraction is turned over. */
function nextFloat32(value: number): number {
  bits.setFloat32(0, value)
  bits.setUint32(0, bits.getUint32(0) ^ 1)
  return bits.getFloat32(0)
}

function nextFloat64(value: number): number {
  bits.setFloat64(0, value)
  bits.setUint32(4, bits.getUint32(4) ^ 1)
  return bits.getFloat64(0)
}
