/**
 * Stops: the two steps of an orderly end. `drain`: begin nothing new; what is safe to break off at once (a backfill, a
 * sweep, a catch-up: all of them go on later where they stopped) listens to it. `abort`: end now; what is about to be
 * finished listens to this one. When `abort` has aborted, so has `drain`.
 */
import { setMaxListeners } from 'node:events'
import { isAbort } from '../util/abort.ts'

export interface Stops {
  readonly drain: AbortSignal
  readonly abort: AbortSignal
}

/** How long a drain may take: well within the 60 s after which our systemd unit kills. */
const DRAIN_MS = 30_000

/**
 * Drains when `asked` aborts, and aborts when that takes too long. When `lost` aborts (the right to write is gone), both
 * do at once. `release` lets go of the timer.
 */
export function stopsOf(asked: AbortSignal, lost: AbortSignal): Stops & { release: () => void } {
  const late = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const onAsked = (): void => {
    timer = setTimeout(() => {
      late.abort(asked.reason)
    }, DRAIN_MS)
  }
  if (asked.aborted) onAsked()
  else asked.addEventListener('abort', onAsked, { once: true })
  const abort = AbortSignal.any([lost, late.signal])
  const drain = AbortSignal.any([asked, abort])
  // Every service waits on them; that is no leak.
  setMaxListeners(0, drain, abort)
  return {
    drain,
    abort,
    release: () => {
      clearTimeout(timer)
      asked.removeEventListener('abort', onAsked)
    },
  }
}

/** Resolves instead of rejecting when it ends because it was asked to. */
export async function untilDrained(body: Promise<void>, drain: AbortSignal): Promise<void> {
  try {
    await body
  } catch (error) {
    if (!isAbort(error, drain)) throw error
  }
}

/** Resolves when the signal has aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
