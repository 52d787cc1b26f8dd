/**
 * Sampled windows: what a verification by sample looks at of a tag. The drawn cells; and whatever was looked at before and
 * is not green now, or a sample would walk past a difference that is known.
 */
import { addWindows, type Coverage } from '../domain/coverage.ts'
import type { CellState } from '../store/cell-states.ts'
import type { ExpectedTag, ParityScope } from '../store/parity.ts'
import type { Store } from '../store/store.ts'
import { drawnWithin, readTogether, type SampleDraw } from '../verify/sample-draw.ts'

/** By tag, whole cells, ascending and disjoint. */
export function sampledWindows(
  draw: SampleDraw,
  scope: ParityScope,
  expected: readonly ExpectedTag[],
  store: Pick<Store, 'parity' | 'cells'>,
): Map<ExpectedTag['tag'], Coverage> {
  const windows = new Map<ExpectedTag['tag'], Coverage>()
  for (const { tag, states } of store.parity.read(scope, expected)) {
    const drawn = drawnWithin(draw, tag, [states.window], scope.width)
    const read = readTogether(drawn, (gap) => store.cells.countSamples(tag, gap))
    windows.set(tag, addWindows(read, states.runs(isKnownNotGreen)))
  }
  return windows
}

function isKnownNotGreen(state: CellState): boolean {
  switch (state.verdict) {
    case 'match':
    case 'explained':
      return false
    case 'pending':
      return state.reason === 'changed-since' || state.reason === 'doubted-since'
    case 'mismatch':
    case 'waived':
    case 'inconclusive':
      return true
  }
}
