/**
 * Meaning: whether two payloads say the same, whatever type or form they say it in, and what class of difference two
 * samples of one time are.
 *
 * Saying the same never makes two samples equal: equal is only what has one canonical encoding.
 */
import type { Sample, SamplePayload } from '../../domain/sample.ts'
import type { DifferenceClass } from '../../domain/verdict.ts'

/** Number of a numeric payload, an exact bigint beyond 2^53; undefined for everything that is no number. */
export function numberOf(payload: SamplePayload): number | bigint | undefined {
  switch (payload.type) {
    case 'float16':
    case 'float32':
    case 'float64':
    case 'int8':
    case 'int16':
    case 'int32':
    case 'uint8':
    case 'uint16':
    case 'uint32':
    case 'int64':
    case 'uint64':
      return payload.value
    default:
      return undefined
  }
}

export function isFloat(payload: SamplePayload): payload is SamplePayload & { readonly value: number } {
  return payload.type === 'float16' || payload.type === 'float32' || payload.type === 'float64'
}

/**
 * Equal for payloads that say exactly the same: one number in several types, zero with either sign, NaN in any width.
 * States keep their type: the system's and the tag's own are different sets.
 */
export function meaningKey(payload: SamplePayload): string {
  switch (payload.type) {
    case 'boolean':
      return payload.value ? 'number 1' : 'number 0'
    case 'string':
    case 'other':
      return `${payload.type} ${payload.value}`
    case 'bytes':
      return `bytes ${Buffer.from(payload.value).toString('hex')}`
    case 'timestamp':
      return `timestamp ${payload.value.toString()}`
    case 'digital':
    case 'state':
      return `${payload.type} ${payload.value.code} ${payload.value.name}`
    case 'null':
      return 'null'
    default:
      return `number ${exactText(payload.value)}`
  }
}

/** One text for a whole number, be it a number or a bigint. */
function exactText(value: number | bigint): string {
  return Number.isInteger(value) ? BigInt(value).toString() : String(value)
}

/** What is left of a number when it goes through a float32; the exact meaning of everything else. */
export function narrowKey(payload: SamplePayload): string {
  return isFloat(payload) ? `number ${exactText(Math.fround(payload.value))}` : meaningKey(payload)
}

function saysTheSame(a: SamplePayload, b: SamplePayload): boolean {
  if (meaningKey(a) === meaningKey(b)) return true
  if (a.type === 'digital') return isShortFor(a.value, b)
  if (b.type === 'digital') return isShortFor(b.value, a)
  // A float32 printed in decimals and read as a float64 is another float64 of the same float32.
  const isWidened = isFloat(a) && isFloat(b) && (a.type === 'float64') !== (b.type === 'float64')
  return isWidened && narrowKey(a) === narrowKey(b)
}

/** The state said by its number alone, or by its name alone. */
function isShortFor(state: { readonly code: number; readonly name: string }, said: SamplePayload): boolean {
  return said.type === 'string' ? said.value === state.name : meaningKey(said) === `number ${state.code}`
}

/** The class of two different samples of one time. */
export function classOfPair(historian: Sample, log: Sample): DifferenceClass {
  if (saysTheSame(historian, log)) {
    return historian.status === log.status && historian.flags === log.flags ? 'REPRESENTATION' : 'QUALITY'
  }
  return isState(historian) || isState(log) ? 'STATE' : 'VALUE'
}

export function isState({ type }: SamplePayload): boolean {
  return type === 'digital' || type === 'state'
}

/** Log minus historian; undefined unless both are finite numbers. */
export function deviationOf(historian: SamplePayload, log: SamplePayload): number | undefined {
  const [was, is] = [numberOf(historian), numberOf(log)]
  if (was === undefined || is === undefined) return undefined
  const deviation = typeof was === 'bigint' && typeof is === 'bigint' ? Number(is - was) : Number(is) - Number(was)
  return Number.isFinite(deviation) ? deviation : undefined
}
