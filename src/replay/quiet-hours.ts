/** Quiet hours: daily times, in the plant's own zone, in which the historian is left alone. */
export interface QuietHours {
  /** IANA name. */
  readonly timeZone: string
  /** Minutes since local midnight, half-open; a range that ends before it starts runs over midnight. */
  readonly ranges: readonly { readonly fromMinute: number; readonly untilMinute: number }[]
}

const MINUTES_PER_DAY = 1440

/**
 * How long it stays quiet, in ms; 0 when it is not quiet now. Counted in wall-clock minutes, so a change to or from
 * summer time inside the range makes it wrong by that change: ask again when the time is up.
 */
export function quietForMs(quiet: QuietHours, nowMs: number): number {
  const minute = minuteOfDay(quiet.timeZone, nowMs)
  let longest = 0
  for (const { fromMinute: from, untilMinute: until } of quiet.ranges) {
    const length = (until - from + MINUTES_PER_DAY) % MINUTES_PER_DAY || MINUTES_PER_DAY
    const since = (minute - from + MINUTES_PER_DAY) % MINUTES_PER_DAY
    if (since < length) longest = Math.max(longest, length - since)
  }
  return longest === 0 ? 0 : longest * 60_000 - (nowMs % 60_000)
}

// Making a formatter costs a hundred times more than using it.
const clocks = new Map<string, Intl.DateTimeFormat>()

function minuteOfDay(timeZone: string, nowMs: number): number {
  const clock =
    clocks.get(timeZone) ??
    new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  clocks.set(timeZone, clock)
  const [hour, minute] = clock.format(nowMs).split(':')
  return Number(hour) * 60 + Number(minute)
}
