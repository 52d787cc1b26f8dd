/** Parity limits: what could still be wrong although everything looked at is green, in plain sentences. */
import { historianOf } from '../domain/tag-id.ts'
import { formatTicks, ticksFromMs } from '../domain/ticks.ts'
import type { VerdictCounts } from '../domain/verdict.ts'
import { formatTime } from '../report/phrases.ts'
import type { Store } from '../store/store.ts'
import { plural } from '../util/format.ts'
import type { Selection } from './selection.ts'

/** Waivers named one by one. */
const WAIVERS_TOLD = 10
/** Of those ever made, the newest that are looked through. */
const WAIVERS_LISTED = 1_000

export interface LimitFacts {
  readonly selection: Selection
  readonly verdicts: VerdictCounts
  /** Selected tags of which nothing is expected yet. */
  readonly unexpected: number
}

export function limitsOf(store: Store, { selection, verdicts, unexpected }: LimitFacts): string[] {
  return [...unknown(verdicts), ...waivers(store, verdicts), ...outside(store, selection, unexpected), ...always()]
}

function* unknown({ pending, inconclusive }: VerdictCounts): Generator<string> {
  if (pending > 0) {
    yield `${plural(pending, 'window')} ${isAre(pending)} not compared as things stand now; whatever differs there is not known.`
  }
  if (inconclusive > 0) {
    yield `${plural(inconclusive, 'window')} could not be compared; whatever differs there is not known.`
  }
}

function* waivers(store: Store, { waived }: VerdictCounts): Generator<string> {
  if (waived === 0) return
  yield `${plural(waived, 'window')} ${isAre(waived)} known to differ, and waived:`
  const now = Date.now()
  const inForce = store.waivers
    .list(WAIVERS_LISTED)
    .filter(({ withdrawnAtMs, expiresAtMs }) => withdrawnAtMs === undefined && expiresAtMs > now)
  for (const { owner, reason, expiresAtMs, cells, tag } of inForce.slice(0, WAIVERS_TOLD)) {
    yield `${owner} answers for ${plural(cells, 'window')} of ${tag} until ${timeOf(expiresAtMs)}: ${reason}`
  }
  if (inForce.length > WAIVERS_TOLD) yield `and ${plural(inForce.length - WAIVERS_TOLD, 'more waiver')}.`
}

function* outside(store: Store, { selected, missing }: Selection, unexpected: number): Generator<string> {
  if (unexpected > 0) {
    yield `Of ${plural(unexpected, 'selected tag')} nothing is expected in this period, so nothing was compared.`
  }
  if (missing.length > 0)
    yield `${plural(missing.length, 'listed tag')} ${isAre(missing.length)} unknown to the historian.`
  const historians = new Set(selected.map(({ tag }) => historianOf(tag.id)))
  const gone = [...historians].reduce((sum, name) => sum + store.tags.countGone(name), 0)
  if (gone > 0) {
    yield `${plural(gone, 'tag')} that the historian lists no more ${isAre(gone)} left out: there is nothing left to compare with.`
  }
}

/** Of the method itself. */
function* always(): Generator<string> {
  yield 'The report tells of what was compared, when it was compared. Whatever changed in the historian since, without notice, shows when it is compared again.'
  yield 'A record that disappears from the log after it was compared shows when the log itself is read again, which "banyan verify" does.'
  yield 'Both sides are read through one historian interface: what that hides or gets wrong on every path cannot show.'
}

function isAre(count: number): string {
  return count === 1 ? 'is' : 'are'
}

function timeOf(ms: number): string {
  return formatTime(formatTicks(ticksFromMs(ms)))
}
