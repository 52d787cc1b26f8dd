/** A verdict as colour and glyph together, as the plain part of the page shows it. */
import type { Verdict } from '../../../domain/verdict.ts'
import { VERDICT_WORDS } from '../../words.ts'
import { make } from './dom.ts'

/** Sign and label; "no window" where the tag has none. */
export function labelled(verdict: Verdict | undefined): HTMLElement {
  if (verdict === undefined) return make('span', {}, 'No window')
  const { glyph, label } = VERDICT_WORDS[verdict]
  return make('span', {}, make('span', { class: `sign ${verdict}`, 'aria-hidden': 'true' }, glyph), ` ${label}`)
}
