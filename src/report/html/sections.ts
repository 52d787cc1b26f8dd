/** Sections: the parts that every page is made of: a titled section, and a table of figures in a frame of its own. */
import { html, type Interpolated, type Markup } from './markup.ts'

export function section(id: string, title: string, body: Markup): Markup {
  return html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${body}
  </section>`
}

/** A column whose title begins with `#` holds numbers; the first column names its row. */
export function table(caption: string, columns: readonly string[], rows: readonly (readonly Interpolated[])[]): Markup {
  const isNumber = columns.map((title) => title.startsWith('#'))
  const cell = (value: Interpolated, i: number): Markup => {
    if (i === 0) return html`<th scope="row">${value}</th>`
    return isNumber[i] === true ? html`<td class="number">${value}</td>` : html`<td>${value}</td>`
  }
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map((title, i) => html`<th scope="col" class="${isNumber[i] === true ? 'number' : 'text'}">${title.replace('#', '')}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map(cell)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}
