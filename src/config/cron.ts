/** Cron patterns of banyan.yaml: the five classic fields, checked by the library that will run them. */
import { Cron } from 'croner'
import { messageOf } from '../domain/errors.ts'

/** Minute, hour, day of the month, month, day of the week. */
const FIELDS = 5

export type CheckedCron =
  | { /** With single blanks. */ readonly cron: string; readonly problem: undefined }
  | { readonly cron: undefined; readonly problem: string }

export function normalCron(pattern: string): CheckedCron {
  const cron = pattern.trim().split(/\s+/).join(' ')
  try {
    const comesDue = new Cron(cron, { mode: '5-part', paused: true }).nextRun() !== null
    return comesDue ? { cron, problem: undefined } : { cron: undefined, problem: 'must be a time that comes at all' }
  } catch (error) {
    const why = cron.split(' ').length === FIELDS ? `: ${messageOf(error).replace(/^CronPattern: /, '')}` : ''
    return { cron: undefined, problem: `must be five cron fields such as "0 2 * * *"${why}` }
  }
}
