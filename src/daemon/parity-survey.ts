/**
 * Parity survey: what is known of every cell expected of one historian's tags, as the store says it: what it comes to,
 * and what of it needs to be compared next. Made a few tags at a time, so that the tail never waits for it.
 */
import { setImmediate as letOthersRun } from 'node:timers/promises'
import type { Bridge } from '../app/bridge.ts'
import { knownSelection } from '../app/known-selection.ts'
import { copiedState } from '../app/verify-run.ts'
import { expectedOf } from '../app/verify-scope.ts'
import { within, type Coverage } from '../domain/coverage.ts'
import type { TagId } from '../domain/tag-id.ts'
import { TICKS_PER_MS } from '../domain/ticks.ts'
import { addVerdicts, NO_VERDICTS, type VerdictCounts } from '../domain/verdict.ts'
import type { Window } from '../domain/window.ts'
import type { Store } from '../store/store.ts'
import type { LiveMismatch, LiveParity } from '../telemetry/live-status.ts'
import { rulesOf } from '../verify/explain/policy.ts'
import { needOf, type TagNeed } from '../verify/planner.ts'
import { drawnWithin, readTogether, type SampleDraw } from '../verify/sample-draw.ts'

/** Read in one go; the cells of a tag with ten years of hours take some tenths of a second. */
const SLICE_TAGS = 5
/** Named in the status. */
const NAMED_TAGS = 10

export interface SurveyParts {
  readonly bridge: Bridge
  readonly store: Store
  /** Its name. */
  readonly historian: string
}

export interface Survey {
  readonly parity: LiveParity
  /** All tags with a mismatch. */
  readonly mismatched: readonly (LiveMismatch & { readonly tag: TagId })[]
  readonly needs: readonly TagNeed[]
  /** The cells of each tag. */
  readonly cells: ReadonlyMap<TagId, VerdictCounts>
  /** What is expected of each tag, as a verification is asked for it. */
  readonly expected: ReadonlyMap<TagId, Window>
}

export async function surveyParity({ bridge, store, historian }: SurveyParts, signal: AbortSignal): Promise<Survey> {
  const { config } = bridge
  const ofHistorian = config.tags.filter((rule) => rule.historian === historian)
  const { selected } = knownSelection(store, ofHistorian)
  const expected = expectedOf(selected, { from: undefined, until: undefined }, copiedState(store, bridge, selected))
  const names = new Map(selected.map(({ tag }) => [tag.id, tag.name]))
  const scope = { rules: rulesOf(config.parity), width: BigInt(config.parity.cellMs) * TICKS_PER_MS }
  const sample = drawnOf(config.parity.sample, store, scope.width)
  const needs: TagNeed[] = []
  const byTag = new Map<TagId, VerdictCounts>()
  const mismatched: (LiveMismatch & { readonly tag: TagId })[] = []
  let verdicts = NO_VERDICTS
  let oldestMs: number | undefined
  for (let at = 0; at < expected.length; at += SLICE_TAGS) {
    for (const state of store.parity.read(scope, expected.slice(at, at + SLICE_TAGS))) {
      const { tag, lookedAt } = state
      verdicts = addVerdicts(verdicts, state.verdicts)
      byTag.set(tag, state.verdicts)
      if (lookedAt !== undefined) oldestMs = Math.min(oldestMs ?? Infinity, lookedAt.earliestMs)
      const cells = state.verdicts.mismatch
      if (cells > 0) mismatched.push({ tag, name: names.get(tag) ?? tag, cells })
      const drawn = (unseen: Coverage): Coverage => sample?.(tag, unseen) ?? unseen
      needs.push(needOf(state, false, drawn))
    }
    await letOthersRun()
    signal.throwIfAborted()
  }
  return {
    parity: {
      atMs: Date.now(),
      tags: expected.length,
      verdicts,
      mismatchedCount: mismatched.length,
      mismatched: mismatched.slice(0, NAMED_TAGS),
      oldestMs,
    },
    mismatched,
    needs,
    cells: byTag,
    expected: new Map(expected.map(({ tag, expected: window }) => [tag, window])),
  }
}

/** What a sample draws of stretches of a tag, as it is best read; undefined for a census. */
function drawnOf(draw: SampleDraw | undefined, { cells }: Pick<Store, 'cells'>, width: bigint) {
  if (draw === undefined) return undefined
  return (tag: TagId, unseen: Coverage): Coverage => {
    const drawn = drawnWithin(draw, tag, unseen, width)
    const read = readTogether(drawn, (gap) => cells.countSamples(tag, gap))
    return unseen.flatMap((window) => within(read, window))
  }
}
