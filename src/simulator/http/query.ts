/** Query parameters as PI Web API takes them: names in any case, repeated values kept, `+` a blank, `;` and `\` raw. */
import { ApiError } from './answer.ts'

export class Query {
  readonly #values = new Map<string, string[]>()

  constructor(text: string) {
    for (const pair of text.split('&')) {
      if (pair === '') continue
      const equals = pair.indexOf('=')
      const name = decode(equals < 0 ? pair : pair.slice(0, equals)).toLowerCase()
      const value = equals < 0 ? '' : decode(pair.slice(equals + 1))
      const known = this.#values.get(name)
      if (known === undefined) this.#values.set(name, [value])
      else known.push(value)
    }
  }

  /** The first value; a blank one counts as absent. */
  get(name: string): string | undefined {
    const value = this.#values.get(name.toLowerCase())?.[0]
    return value === '' ? undefined : value
  }

  all(name: string): readonly string[] {
    return this.#values.get(name.toLowerCase()) ?? []
  }

  /** A whole number of at least `minimum`. */
  integer(name: string, absent: number, minimum = 0): number {
    const text = this.get(name)
    if (text === undefined) return absent
    const value = /^-?\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= minimum)) throw ApiError.invalid(name, text)
    return value
  }

  boolean(name: string, absent: boolean): boolean {
    const text = this.get(name)?.toLowerCase()
    if (text === undefined) return absent
    if (text !== 'true' && text !== 'false') throw ApiError.invalid(name, text)
    return text === 'true'
  }

  /** One of the choices, whatever the case it is written in. */
  choice<T extends string>(name: string, choices: readonly [T, ...T[]]): T {
    const text = this.get(name)
    if (text === undefined) return choices[0]
    const found = choices.find((choice) => choice.toLowerCase() === text.toLowerCase())
    if (found === undefined) throw ApiError.invalid(name, text)
    return found
  }
}

function decode(text: string): string {
  return decodePercent(text.replaceAll('+', ' '))
}

/** Percent-decodes a path segment or parameter; text that is not UTF-8 in percent form is a 400. */
export function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw ApiError.badRequest(`The request URI contains an invalid percent encoding: '${text.slice(0, 64)}'.`)
  }
}
