/** Waiting for a peer with an end: no call of the adapter may hang because a broker does. */
import { BanyanError } from '../../domain/errors.ts'
import { abortable } from '../../util/abort.ts'

/**
 * Settles with the promise, or rejects with BANYAN_LOG_UNAVAILABLE (retryable) after `ms`. The promise itself goes on:
 * whoever gives up on a producer also cuts its connection.
 */
export async function withDeadline<T>(promise: Promise<T>, ms: number, doing: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        new BanyanError('BANYAN_LOG_UNAVAILABLE', `Kafka did not answer within ${ms} ms: ${doing}`, {
          retryable: true,
          hint: 'Look at the brokers: is one down, is a partition without leader or below min.insync.replicas?',
          context: { deadlineMs: ms },
        }),
      )
    }, ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** The same, ending early with the signal; nothing is begun when it is aborted already. */
export async function interruptible<T>(
  act: () => Promise<T>,
  ms: number,
  doing: string,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted()
  return abortable(withDeadline(act(), ms, doing), signal)
}
