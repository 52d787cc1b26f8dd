/**
 * Trend: both sides of a doubtful cell over each other, and the residual in a strip below with the same time axis.
 * The sides differ by colour, by dash and by the form of their dots; a line marks where they differ.
 */
/*! The page contains uPlot.

The MIT License (MIT)

Copyright (c) 2022 Leon Sorokin

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in
all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN
THE SOFTWARE.
*/
import uPlot from 'uplot'
import type { DoubtfulCell } from '../../model.ts'
import { formatTime } from '../../phrases.ts'
import { plural } from '../../../util/format.ts'
import { make } from './dom.ts'
import { residualOf } from './residual.ts'
import { readTheme, type Theme } from './theme.ts'

// CSS pixels.
const TREND_HEIGHT = 260
const RESIDUAL_HEIGHT = 130
const AXIS_WIDTH = 64

const MINUTE_SECONDS = 60

export class Trend {
  readonly element: HTMLElement
  readonly #plots: readonly uPlot[]
  readonly #sizes: ResizeObserver

  /** `units` as the historian spells them: escaped by being text. */
  constructor(cell: DoubtfulCell, units: string) {
    const theme = readTheme()
    const marks = cell.differences.flatMap(({ historian, log }) =>
      [historian, log].flatMap((sample) => (sample === undefined ? [] : Date.parse(sample.ts) / 1000)),
    )
    const label = `Trend of both sides: ${plural(cell.historian.at.length, 'sample')} of the historian, ${plural(cell.log.at.length, 'sample')} of the log`
    const top = make('div', { role: 'img', 'aria-label': label })
    const bottom = make('div', { role: 'img', 'aria-label': 'Residual: log minus historian' })
    this.element = make('div', { class: 'trend' }, top, bottom, make('p', { class: 'note' }, note(cell)))
    const residual = residualOf(cell.historian, cell.log)
    this.#plots = [
      new uPlot(trendOptions(theme, units, marks), joined(cell), top),
      new uPlot(residualOptions(theme, marks), [[...residual.at], [...residual.values]], bottom),
    ]
    this.#sizes = new ResizeObserver(() => this.#fit())
    this.#sizes.observe(this.element)
  }

  close(): void {
    this.#sizes.disconnect()
    for (const plot of this.#plots) plot.destroy()
  }

  #fit(): void {
    const width = this.element.clientWidth
    if (width === 0) return
    for (const [i, plot] of this.#plots.entries()) {
      plot.setSize({ width, height: i === 0 ? TREND_HEIGHT : RESIDUAL_HEIGHT })
    }
  }
}

function note({ historian, log }: DoubtfulCell): string {
  const leftOut = historian.leftOut + log.leftOut
  const rest = leftOut === 0 ? '' : ` ${plural(leftOut, 'sample')} of the window left out.`
  return `Times are UTC. The residual is log minus historian, along straight lines between samples. Vertical lines mark differences.${rest}`
}

/** One time axis for both sides; where one has no sample, its line goes on. */
function joined({ historian, log }: DoubtfulCell): uPlot.AlignedData {
  return uPlot.join([
    [[...historian.at], [...historian.values]],
    [[...log.at], [...log.values]],
  ])
}

const SYNC = { key: 'parity' }

function trendOptions(theme: Theme, units: string, marks: readonly number[]): uPlot.Options {
  return {
    ...common(theme, marks),
    height: TREND_HEIGHT,
    axes: [timeAxis(theme), { ...axis(theme), size: AXIS_WIDTH, label: units, labelSize: 18 }],
    series: [
      {
        label: 'Time',
        value: (_plot, at) => (typeof at === 'number' ? formatTime(new Date(at * 1000).toISOString()) : ''),
      },
      { label: 'Historian', stroke: theme.historian, width: 2, points: { size: 6, fill: theme.historian } },
      { label: 'Log', stroke: theme.log, width: 1.5, dash: [6, 4], points: { size: 9, width: 1.5, fill: theme.paper } },
    ],
  }
}

function residualOptions(theme: Theme, marks: readonly number[]): uPlot.Options {
  return {
    ...common(theme, marks),
    height: RESIDUAL_HEIGHT,
    legend: { show: false },
    axes: [timeAxis(theme), { ...axis(theme), size: AXIS_WIDTH, label: 'residual', labelSize: 18 }],
    series: [{}, { label: 'Log minus historian', stroke: theme.ink, width: 1, fill: theme.line }],
  }
}

function common(theme: Theme, marks: readonly number[]): Omit<uPlot.Options, 'height' | 'series'> {
  return {
    width: 600,
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), 'Etc/UTC'),
    cursor: { sync: SYNC },
    hooks: { drawAxes: [(plot) => drawMarks(plot, marks, theme)] },
  }
}

/** The minute in UTC, the second where the axis shows seconds. */
function timeAxis(theme: Theme): uPlot.Axis {
  return {
    ...axis(theme),
    values: (_plot, times, _axis, _space, step) =>
      times.map((at) => new Date(at * 1000).toISOString().slice(11, step < MINUTE_SECONDS ? 19 : 16)),
  }
}

function axis({ ink, line, font }: Theme): uPlot.Axis {
  return { stroke: ink, font, labelFont: font, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } }
}

function drawMarks(plot: uPlot, marks: readonly number[], { verdicts }: Theme): void {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.strokeStyle = verdicts.mismatch
  ctx.globalAlpha = 0.35
  ctx.lineWidth = devicePixelRatio
  ctx.beginPath()
  for (const at of marks) {
    const x = Math.round(plot.valToPos(at, 'x', true))
    if (x < bbox.left || x > bbox.left + bbox.width) continue
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
  }
  ctx.stroke()
  ctx.restore()
}
