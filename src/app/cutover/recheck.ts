/**
 * Recheck: the last look at the cells, in the transaction that records the decision. Evidence takes minutes to gather,
 * and in each of them a sample may have arrived, a doubt been raised, a waiver expired.
 */
import { parseTicks } from '../../domain/ticks.ts'
import type { EvidenceManifest } from '../../cutover/manifest.ts'
import { plural } from '../../util/format.ts'
import type { Store } from '../../store/store.ts'
import type { Bridge } from '../bridge.ts'
import type { SelectedTag } from '../selection.ts'
import { parityScope } from './evidence.ts'
import { expectedCells } from './scope.ts'

/** Undefined: all that the evidence found green is so now, and was compared after its request. Else what is not. */
export function changedSince(
  bridge: Bridge,
  store: Store,
  tags: readonly SelectedTag[],
  { cells, request }: EvidenceManifest,
): string | undefined {
  const until = cells.until === null ? undefined : parseTicks(cells.until)
  const expected = expectedCells(bridge, store, tags, until)
  const sinceLook = request === null ? {} : { sinceLook: request.lookFence + 1 }
  let [total, green] = [0, 0]
  for (const { verdicts, states } of store.parity.read({ ...parityScope(bridge), ...sinceLook }, expected)) {
    total += states.cells
    green += verdicts.match + verdicts.explained + verdicts.waived
  }
  if (total !== cells.cells) return `${plural(cells.cells, 'cell')} were looked at, and there are ${total} now`
  if (green !== total) return `${plural(total - green, 'cell')} changed while the evidence was gathered`
  return undefined
}
