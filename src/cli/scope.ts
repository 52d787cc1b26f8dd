/** From the flags of `plan` and `backfill` to what they copy. */
import type { BackfillScope } from '../app/backfill-scope.ts'
import { BanyanError } from '../domain/errors.ts'
import type { RangeFlags } from './flags.ts'

export function scopeOf({ tag = [], from, until, order }: RangeFlags): BackfillScope {
  if (from !== undefined && until !== undefined && from >= until) {
    throw new BanyanError('BANYAN_USAGE', '--until must be later than --from', { hint: 'swap or correct the times' })
  }
  return { tags: tag, from, until, order }
}
