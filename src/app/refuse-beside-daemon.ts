/** What a command that needs the lease says while a daemon holds it: another way there, which only the command knows. */
import { BanyanError } from '../domain/errors.ts'
import type { Store } from '../store/store.ts'
import { isDaemonRunning } from './follow-job.ts'

/** Throws BANYAN_LEASE_HELD with the hint. Whoever else holds the lease is told of when it is acquired. */
export function refuseBesideDaemon(store: Store, hint: string): void {
  const holder = store.lease.current()
  if (holder === undefined || !isDaemonRunning(store)) return
  const { holder: name, pid, host } = holder
  throw new BanyanError('BANYAN_LEASE_HELD', `a daemon is at work: "${name}" (process ${pid} on ${host})`, {
    hint,
    context: { holderPid: pid, holderHost: host },
  })
}
