/** Waiting that ends early: every sleep and every queue of Banyan obeys an AbortSignal. */

import { setMaxListeners } from 'node:events'

/** Resolves after `ms`; rejects with the signal's reason as soon as it aborts. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(reasonOf(signal))
      return
    }
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(reasonOf(signal))
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}

/** Settles with the promise, or rejects with the signal's reason if it aborts first. The promise itself goes on. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      // Nobody will look at it any more: its rejection must not end the process.
      promise.catch(() => undefined)
      reject(reasonOf(signal))
      return
    }
    const onAbort = (): void => {
      reject(reasonOf(signal))
    }
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', onAbort)
    })
  })
}

export function isAbort(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && (error === signal.reason || (error instanceof Error && error.name === 'AbortError'))
}

export function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason
  return reason instanceof Error ? reason : new Error(String(reason))
}

/**
 * A signal that aborts with the first of the others, until it is released. AbortSignal.any would leave a trace in each
 * of them for as long as they live: this is for what begins again and again under signals that live for months.
 */
export function following(signals: readonly AbortSignal[]): { readonly signal: AbortSignal; release: () => void } {
  const own = new AbortController()
  const releases = signals.map((signal) => {
    const onAbort = (): void => {
      own.abort(signal.reason)
    }
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    return () => {
      signal.removeEventListener('abort', onAbort)
    }
  })
  return {
    signal: own.signal,
    release: () => {
      for (const release of releases) release()
    },
  }
}

/**
 * Runs all of them under one signal. When one rejects, the signal aborts with its error, the others are waited for, and
 * its error is thrown: nothing is left running behind the caller's back.
 */
export async function together(
  tasks: readonly ((signal: AbortSignal) => Promise<void>)[],
  signal: AbortSignal,
): Promise<void> {
  const failed = new AbortController()
  const { signal: shared, release } = following([signal, failed.signal])
  // Every task may have hundreds of waiters; that is no leak.
  setMaxListeners(0, shared)
  await Promise.all(
    tasks.map((task) =>
      task(shared).catch((error: unknown) => {
        failed.abort(error)
      }),
    ),
  )
  release()
  if (failed.signal.aborted) throw reasonOf(failed.signal)
}
