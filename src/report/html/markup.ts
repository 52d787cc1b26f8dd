/**
 * Markup: the only way text becomes part of a page. What is put into an `html` template is escaped unless it is markup
 * itself, and its control characters and direction overrides are spelled out, so a name from a historian can neither
 * become an element nor reorder the text around it.
 */
import { printable } from '../../util/printable.ts'
import { reportJson } from '../json.ts'

/** Text that is safe to send to a browser as it stands. Only `html` makes it. */
export class Markup {
  readonly #text: string

  private constructor(text: string) {
    this.#text = text
  }

  static of(strings: TemplateStringsArray, values: readonly Interpolated[]): Markup {
    return new Markup(String.raw({ raw: strings }, ...values.map(render)))
  }

  toString(): string {
    return this.#text
  }
}

/** `undefined` is nothing; a list is its parts, one after the other. */
export type Interpolated = string | number | undefined | Markup | readonly Interpolated[]

export function html(strings: TemplateStringsArray, ...values: readonly Interpolated[]): Markup {
  return Markup.of(strings, values)
}

/** A name or text from a historian: kept apart, so that letters written from right to left stay in their place. */
export function foreign(text: string): Markup {
  return html`<bdi>${text}</bdi>`
}

function render(value: Interpolated): string {
  if (value === undefined) return ''
  if (value instanceof Markup) return value.toString()
  if (typeof value === 'string') return escapeText(value)
  if (typeof value === 'number') return String(value)
  return value.map(render).join('')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeText(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}

/** JSON for a `<script type="application/json">`: nothing in it can end the element, open a comment or reorder text. */
export function scriptJson(value: unknown): string {
  return reportJson(value).replaceAll('<', '\\u003c').replaceAll('>', '\\u003e')
}
