/** Theme: the colours of the style sheet for what is drawn on a canvas, and word of when they change. */
import { VERDICTS, type Verdict } from '../../../domain/verdict.ts'

export interface Theme {
  readonly verdicts: Readonly<Record<Verdict, string>>
  /** Of the glyph on each verdict's colour. */
  readonly glyphs: Readonly<Record<Verdict, string>>
  readonly ink: string
  readonly faint: string
  readonly line: string
  readonly paper: string
  readonly focus: string
  readonly historian: string
  readonly log: string
  readonly font: string
}

export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim()
  const ofVerdicts = (suffix: string): Record<Verdict, string> =>
    Object.fromEntries(VERDICTS.map((verdict) => [verdict, colour(verdict + suffix)])) as Record<Verdict, string>
  return {
    verdicts: ofVerdicts(''),
    glyphs: ofVerdicts('-ink'),
    ink: colour('ink'),
    faint: colour('faint'),
    line: colour('line'),
    paper: colour('paper'),
    focus: colour('focus'),
    historian: colour('historian'),
    log: colour('log'),
    font: `12px ${getComputedStyle(document.body).fontFamily}`,
  }
}

export function onThemeChange(redraw: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw)
}
