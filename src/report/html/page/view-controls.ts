/** The controls above the heat map: search, order and choice of tags, for the heat map and the table alike. */
import { formatCount } from '../../../util/format.ts'
import { make } from './dom.ts'
import { chooseRows, ORDERS, SHOWN, type TagRow, type ViewChoice } from './tag-view.ts'

/** Calls `onChange` with the rows to show, now and whenever a choice changes. */
export function viewControls(rows: readonly TagRow[], onChange: (shown: readonly TagRow[]) => void): HTMLElement {
  let choice: ViewChoice = { order: 'worst', shown: 'all', search: '' }
  const count = make('output', { class: 'count' })
  const choose = (change: Partial<ViewChoice>): void => {
    choice = { ...choice, ...change }
    const shown = chooseRows(rows, choice)
    count.textContent = `${formatCount(shown.length)} of ${formatCount(rows.length)} tags`
    onChange(shown)
  }
  const search = make('input', { type: 'search', id: 'tag-search', placeholder: 'name, id or cause' })
  search.addEventListener('input', () => {
    choose({ search: search.value })
  })
  const controls = make(
    'div',
    { class: 'controls', role: 'group', 'aria-label': 'Which tags, in which order' },
    make('label', {}, 'Find ', search),
    make(
      'label',
      {},
      'Order ',
      select(ORDERS, (order) => choose({ order })),
    ),
    make(
      'label',
      {},
      'Show ',
      select(SHOWN, (shown) => choose({ shown })),
    ),
    count,
  )
  choose({})
  return controls
}

function select<K extends string>(options: Readonly<Record<K, string>>, onChoose: (key: K) => void): HTMLSelectElement {
  const keys = Object.keys(options) as K[]
  const made = make('select', {}, ...keys.map((key) => make('option', { value: key }, options[key])))
  made.addEventListener('change', () => {
    const key = keys[made.selectedIndex]
    if (key !== undefined) onChoose(key)
  })
  return made
}
