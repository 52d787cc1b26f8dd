/**
 * Decoders: from unknown JSON to the shapes of evidence, strictly. A field too many is an error like a field missing:
 * nobody can add to evidence what no check looks at. Everything is bounded.
 *
 * Problems are RangeErrors that name the place (`waivers[3].expiry is not a time`); who decodes says what they mean.
 */
import { floorToMs, parseTicks } from '../domain/ticks.ts'

/** `at`: where the value stands, for the message. */
export type Decoder<T> = (value: unknown, at: string) => T

/** Longer than any name or reason a person types; names of a historian are bounded by it too. */
const TEXT_MAX = 4_096

/** Exactly these fields. */
export function object<T>(fields: { readonly [K in keyof T]-?: Decoder<T[K]> }): Decoder<T> {
  const decoders = Object.entries<Decoder<unknown>>(fields)
  const known = new Set(decoders.map(([name]) => name))
  return (value, at) => {
    const members = recordFrom(value, at)
    for (const name of Object.keys(members)) {
      if (!known.has(name)) throw new RangeError(`${at}.${name.slice(0, 64)} is not a field of this version`)
    }
    return Object.fromEntries(
      decoders.map(([name, decode]) => {
        if (!Object.hasOwn(members, name)) throw new RangeError(`${at}.${name} is missing`)
        return [name, decode(members[name], `${at}.${name}`)]
      }),
    ) as T
  }
}

/** Some of these fields and no others. */
export function partial<K extends string, V>(keys: readonly K[], item: Decoder<V>): Decoder<Partial<Record<K, V>>> {
  return (value, at) => {
    const entries = Object.entries(recordFrom(value, at))
    const key = oneOf(keys)
    return Object.fromEntries(
      entries.map(([field, member]) => [key(field, `a field of ${at}`), item(member, `${at}.${field}`)]),
    ) as Partial<Record<K, V>>
  }
}

export function list<T>(item: Decoder<T>, max: number): Decoder<readonly T[]> {
  return (value, at) => {
    if (!Array.isArray(value) || value.length > max) throw new RangeError(`${at} is not a list of at most ${max}`)
    return value.map((one, i) => item(one, `${at}[${i}]`))
  }
}

/** Null stands for "not measured", "none" or "not yet", as the field says. */
export function orNull<T>(decode: Decoder<T>): Decoder<T | null> {
  return (value, at) => (value === null ? null : decode(value, at))
}

export function oneOf<T extends string | number>(values: readonly T[]): Decoder<T> {
  return (value, at) => {
    const found = values.find((one) => one === value)
    if (found === undefined) throw new RangeError(`${at} is not one of ${values.join(', ')}`)
    return found
  }
}

/** A JSON object, its members unread. */
export const recordFrom: Decoder<Readonly<Record<string, unknown>>> = (value, at) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RangeError(`${at} is not an object`)
  return value as Readonly<Record<string, unknown>>
}

export const text: Decoder<string> = (value, at) => {
  if (typeof value !== 'string' || value.length > TEXT_MAX) {
    throw new RangeError(`${at} is not a text of at most ${TEXT_MAX} characters`)
  }
  return value
}

/** Text that says something. */
export const name: Decoder<string> = (value, at) => {
  if (text(value, at).trim() === '') throw new RangeError(`${at} is empty`)
  return value as string
}

/** SHA-256 in lower-case hex. */
export const sha256: Decoder<string> = (value, at) => {
  if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value)) throw new RangeError(`${at} is not a SHA-256`)
  return value
}

export const flag: Decoder<boolean> = (value, at) => {
  if (typeof value !== 'boolean') throw new RangeError(`${at} is neither true nor false`)
  return value
}

/** 0, 1, 2 … */
export const count: Decoder<number> = (value, at) => {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new RangeError(`${at} is not a count`)
  return value as number
}

/** Any finite number. */
export const finite: Decoder<number> = (value, at) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new RangeError(`${at} is not a number`)
  return value
}

/** A finite number that is not negative: a duration, an age, a rate. */
export const amount: Decoder<number> = (value, at) => {
  if (finite(value, at) < 0) throw new RangeError(`${at} is negative`)
  return value as number
}

/** A share of consumers in percent. */
export const percent: Decoder<number> = (value, at) => {
  if (count(value, at) > 100) throw new RangeError(`${at} is not a percentage`)
  return value as number
}

/** A UTC time as text, with at most seven fraction digits. */
export const time: Decoder<string> = (value, at) => {
  try {
    parseTicks(text(value, at))
  } catch (cause) {
    throw new RangeError(`${at} is not a UTC time`, { cause })
  }
  return value as string
}

/** An offset of the log as decimal text: it may be larger than a double can tell apart. */
export const offset: Decoder<string> = (value, at) => {
  if (typeof value !== 'string' || !/^(0|[1-9]\d{0,18})$/.test(value)) throw new RangeError(`${at} is not an offset`)
  return value
}

/** Milliseconds since 1970 of a text that `time` let through. */
export function msOf(at: string): number {
  return floorToMs(parseTicks(at))
}
