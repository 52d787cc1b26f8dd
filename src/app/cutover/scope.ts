/**
 * Scope: which cells of a workload a move is about. A request fixes the end, so that what is proven for it does not run
 * ahead while it is being proven; what came after is the business of the tail, of its lag, and of the next look.
 */
import { cellStart, outwards } from '../../domain/cell.ts'
import type { AsOfScope } from '../../cutover/as-of-request.ts'
import { formatTicks, type Ticks } from '../../domain/ticks.ts'
import type { ExpectedTag } from '../../store/parity.ts'
import type { Store } from '../../store/store.ts'
import type { Bridge } from '../bridge.ts'
import type { SelectedTag } from '../selection.ts'
import { copiedState } from '../verify-run.ts'
import { expectedOf } from '../verify-scope.ts'

/**
 * What is expected of each tag up to `until`, exclusive; undefined: up to the newest cell edge that every historian of
 * the workload was copied to. Ascending by the UTF-8 bytes of the tag id.
 */
export function expectedCells(
  bridge: Bridge,
  store: Store,
  tags: readonly SelectedTag[],
  until: Ticks | undefined,
): ExpectedTag[] {
  const copied = copiedState(store, bridge, tags)
  const all = expectedOf(tags, { from: undefined, until: undefined }, copied)
  const end = until ?? commonEdge(all, copied.cellWidth)
  return all
    .flatMap((one) => {
      const { from } = one.expected
      const last = end === undefined || one.expected.until < end ? one.expected.until : end
      return from < last ? [{ ...one, expected: { from, until: last } }] : []
    })
    .sort((a, b) => Buffer.compare(Buffer.from(a.tag), Buffer.from(b.tag)))
}

/** The first of the edges of the historians: a cell beyond it is not whole everywhere. Undefined of future data alone. */
function commonEdge(expected: readonly ExpectedTag[], width: bigint): Ticks | undefined {
  let first: Ticks | undefined
  for (const { settled } of expected) {
    if (settled === undefined) continue
    const edge = cellStart(settled, width)
    if (first === undefined || edge < first) first = edge
  }
  return first
}

/** In numbers; undefined when there is no cell. */
export function scopeOf(expected: readonly ExpectedTag[], width: bigint): AsOfScope | undefined {
  const [first] = expected
  if (first === undefined) return undefined
  let { from, until } = outwards(first.expected, width)
  let cells = 0
  for (const one of expected) {
    const whole = outwards(one.expected, width)
    if (whole.from < from) from = whole.from
    if (whole.until > until) until = whole.until
    cells += Number((whole.until - whole.from) / width)
  }
  return { tags: expected.length, cells, from: formatTicks(from), until: formatTicks(until) }
}
