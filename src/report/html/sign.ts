/** Signs: a verdict as colour and glyph together, and the bar that shows how many cells have which. */
import { VERDICTS, WORST_FIRST, type Verdict, type VerdictCounts } from '../../domain/verdict.ts'
import { formatCount } from '../../util/format.ts'
import { VERDICT_WORDS } from '../words.ts'
import { html, type Markup } from './markup.ts'

export function sign(verdict: Verdict): Markup {
  return html`<span class="sign ${verdict}" aria-hidden="true">${VERDICT_WORDS[verdict].glyph}</span>`
}

/** Sign and label. */
export function labelled(verdict: Verdict): Markup {
  return html`${sign(verdict)} ${VERDICT_WORDS[verdict].label}`
}

const BAR_WIDTH = 1_000
/** One red cell in a million is as wide as a finger nail: a share is never too small to be seen. */
const SMALLEST_PART = 12

/** Worst first, so that what matters stands at the beginning. */
export function sharesBar(counts: VerdictCounts): Markup {
  const present = WORST_FIRST.filter((verdict) => counts[verdict] > 0)
  const cells = present.reduce((sum, verdict) => sum + counts[verdict], 0)
  const free = BAR_WIDTH - SMALLEST_PART * present.length
  let at = 0
  const parts = present.map((verdict) => {
    const from = at
    at += SMALLEST_PART + (free * counts[verdict]) / cells
    return html`<rect class="${verdict}" x="${from.toFixed(1)}" width="${(at - from).toFixed(1)}" height="24"></rect>`
  })
  return html`<svg
    class="shares"
    role="img"
    aria-label="${describe(counts)}"
    viewBox="0 0 ${BAR_WIDTH} 24"
    preserveAspectRatio="none"
  >
    ${parts}
  </svg>`
}

function describe(counts: VerdictCounts): string {
  const parts = VERDICTS.map((verdict) => `${VERDICT_WORDS[verdict].label} ${formatCount(counts[verdict])}`)
  return `Windows by verdict: ${parts.join(', ')}`
}
