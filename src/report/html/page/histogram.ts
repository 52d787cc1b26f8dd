/** Histograms of how far differences lie apart, with the most frequent distance in words. */
import { formatCount, plural } from '../../../util/format.ts'
import type { ReportedDifference } from '../../model.ts'
import { make, makeSvg } from './dom.ts'
import { spreadOf, timeShifts, valueShifts, type Spread } from './spread.ts'

const WIDTH = 360
const HEIGHT = 90
const HOUR_SECONDS = 3_600

/** One for times and one for values, where the differences carry them. */
export function histogramsOf(differences: readonly ReportedDifference[]): HTMLElement | undefined {
  const times = spreadOf(timeShifts(differences))
  const values = spreadOf(valueShifts(differences))
  if (times === undefined && values === undefined) return undefined
  return make(
    'div',
    { class: 'histograms' },
    times && histogram('Shift in time, log after historian', times, timeText),
    values && histogram('Difference in value, log minus historian', values, numberText),
  )
}

function histogram(title: string, spread: Spread, text: (value: number) => string): HTMLElement {
  const { bins, most, count } = spread
  const highest = bins.reduce((max, bin) => Math.max(max, bin.count), 1)
  const width = WIDTH / bins.length
  const bars = bins.map((bin, i) => {
    const height = (bin.count / highest) * HEIGHT
    return makeSvg('rect', {
      class: 'fill',
      x: (i * width).toFixed(1),
      y: (HEIGHT - height).toFixed(1),
      width: Math.max(1, Math.min(width - 1, 40)).toFixed(1),
      height: height.toFixed(1),
    })
  })
  const [low, high] = [bins[0]?.from ?? 0, bins.at(-1)?.until ?? 0]
  const words = `${formatCount(most.count)} of ${plural(count, 'difference')}: exactly ${text(most.value)}`
  return make(
    'figure',
    {},
    make('figcaption', {}, title),
    makeSvg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': `${title}. ${words}` }, ...bars),
    make('div', { class: 'axis' }, make('span', {}, text(low)), make('span', {}, low === high ? '' : text(high))),
    make('p', { class: 'note' }, words),
  )
}

/** Whole hours say why at a glance: a zone, or daylight saving. */
function timeText(seconds: number): string {
  const hours = seconds / HOUR_SECONDS
  if (hours !== 0 && Number.isInteger(hours)) return plural(hours, 'hour')
  return Math.abs(seconds) >= 1 ? `${numberText(seconds)} s` : `${numberText(seconds * 1e6)} µs`
}

function numberText(value: number): string {
  return Number(value.toPrecision(6)).toLocaleString('en-US', { maximumSignificantDigits: 6 })
}
