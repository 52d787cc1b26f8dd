/** From flags to what a command is about. */
import type { BackfillScope } from '../app/backfill-scope.ts'
import type { VerifyScope } from '../app/verify-scope.ts'
import type { ResolvedConfig } from '../config/config.ts'
import { BanyanError } from '../domain/errors.ts'
import type { ParityFlags, RangeFlags } from './flags.ts'

/** What `plan` and `backfill` copy. */
export function scopeOf(flags: RangeFlags): BackfillScope {
  refuseReversed(flags)
  const { tag = [], from, until, order } = flags
  return { tags: tag, from, until, order }
}

/** What `verify` and `report` are about. Throws BANYAN_USAGE for a historian the configuration does not have. */
export function verifyScopeOf(flags: ParityFlags, { historians }: Pick<ResolvedConfig, 'historians'>): VerifyScope {
  refuseReversed(flags)
  const { tag = [], historian, from, until } = flags
  if (historian !== undefined && historians.every(({ name }) => name !== historian)) {
    throw new BanyanError('BANYAN_USAGE', `the configuration has no historian ${historian}`, {
      hint: `name one of ${historians.map(({ name }) => name).join(', ')}`,
    })
  }
  return { tags: tag, historian, from, until }
}

/** Throws BANYAN_USAGE. */
export function refuseReversed({ from, until }: Pick<RangeFlags, 'from' | 'until'>): void {
  if (from !== undefined && until !== undefined && from >= until) {
    throw new BanyanError('BANYAN_USAGE', '--until must be later than --from', { hint: 'swap or correct the times' })
  }
}
