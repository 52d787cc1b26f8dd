/**
 * Named failpoints: places where the crash tests kill the process (-9), to prove that a restart loses and repeats
 * nothing there. Off, and free, unless BANYAN_FAILPOINT is set to `<name>` or `<name>:<n>` (the n-th visit, from 1).
 */
const [armedName, visitText] = (process.env['BANYAN_FAILPOINT'] ?? '').split(':')
let visitsLeft = Number(visitText ?? '1')

export const FAILPOINTS = [
  'page-read',
  'append-begun',
  'data-sent',
  'checkpoint-sent',
  'append-committed',
  'coverage-cached',
  'fold-staged',
  'fold-committed',
  'sweep-compared',
  'amend-appended',
] as const

/** Those on the way of a decision of cutover from the store to the log. */
export const CUTOVER_FAILPOINTS = ['decision-recorded', 'audit-published', 'routing-published'] as const
export type Failpoint = (typeof FAILPOINTS)[number] | (typeof CUTOVER_FAILPOINTS)[number]

export function failpoint(name: Failpoint): void {
  if (armedName !== name) return
  visitsLeft -= 1
  if (visitsLeft <= 0) process.kill(process.pid, 'SIGKILL')
}
