/** Phrases: times, shares and windows as people read them. A share is never rounded to all or to nothing. */
import { formatCount } from '../util/format.ts'

const HOUR_SECONDS = 3_600
const DAY_SECONDS = 86_400

/** `2026-03-01 06:00 UTC`, cut to the minute; seconds only where there are any. */
export function formatTime(ts: string): string {
  const [, date, minute, seconds] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d(?:\.\d+)?)Z$/.exec(ts) ?? []
  if (date === undefined || minute === undefined || seconds === undefined) return ts
  return `${date} ${minute}${Number(seconds.slice(1)) === 0 ? '' : seconds.replace(/\.?0*$/, '')} UTC`
}

/** `2026-03-01 06:00 UTC to 2026-03-02 06:00 UTC`, or the one time where both are written alike. */
export function formatPeriod({ earliest, latest }: { readonly earliest: string; readonly latest: string }): string {
  const [from, to] = [formatTime(earliest), formatTime(latest)]
  return from === to ? to : `${from} to ${to}`
}

/** `12.3 %`. 100 % is all of it and 0 % none of it; everything between stays between. */
export function formatShare(part: number, whole: number): string {
  if (part <= 0 || whole <= 0) return '0 %'
  if (part >= whole) return '100 %'
  const percent = (part / whole) * 100
  if (percent < 0.1) return '< 0.1 %'
  if (percent > 99.9) return '> 99.9 %'
  return `${percent.toFixed(1)} %`
}

/** What one window is, e.g. `one hour`. */
export function windowLength(cellSeconds: number): string {
  if (cellSeconds === HOUR_SECONDS) return 'one hour'
  if (cellSeconds === DAY_SECONDS) return 'one day'
  if (cellSeconds % DAY_SECONDS === 0) return `${formatCount(cellSeconds / DAY_SECONDS)} days`
  if (cellSeconds % HOUR_SECONDS === 0) return `${formatCount(cellSeconds / HOUR_SECONDS)} hours`
  return `${formatCount(cellSeconds)} seconds`
}
