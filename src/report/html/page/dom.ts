/** Elements made by hand. Text only ever becomes a text node, so nothing from a historian is read as markup. */
import { printable } from '../../../util/printable.ts'

type Child = Node | string | undefined
type Attributes = Readonly<Record<string, string>>

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children)
}

export function makeSvg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children)
}

/** A name or text from a historian: control characters spelled out, its direction kept to itself. */
export function foreign(text: string): HTMLElement {
  return make('bdi', {}, printable(text))
}

export function button(label: string, onPress: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const made = make('button', { type: 'button', ...attributes }, label)
  made.addEventListener('click', onPress)
  return made
}

/** The place the page keeps for `id`; undefined where the report has nothing to put there. */
export function placeOf(id: string): HTMLElement | undefined {
  return document.getElementById(id) ?? undefined
}

/** A column whose title begins with `#` holds numbers; the first column names its row. */
export function table(
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly Child[])[],
): HTMLTableElement {
  const kind = (i: number): Attributes => (columns[i]?.startsWith('#') === true ? { class: 'number' } : {})
  const head = columns.map((title, i) => make('th', { scope: 'col', ...kind(i) }, title.replace('#', '')))
  const body = rows.map((row) =>
    make('tr', {}, ...row.map((cell, i) => (i === 0 ? make('th', { scope: 'row' }, cell) : make('td', kind(i), cell)))),
  )
  return make(
    'table',
    {},
    make('caption', {}, caption),
    make('thead', {}, make('tr', {}, ...head)),
    make('tbody', {}, ...body),
  )
}

function fill<E extends Element>(element: E, attributes: Attributes, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children.filter((child) => child !== undefined))
  return element
}
