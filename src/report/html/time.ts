/** Time: a moment as people read it, and as programs do. */
import { formatTime } from '../phrases.ts'
import { html, type Markup } from './markup.ts'

export function time(ts: string): Markup {
  return html`<time datetime="${ts}">${formatTime(ts)}</time>`
}
