/**
 * Parity causes: what probably made cells differ, over all tags of a report: a cause may show only where cells, or tags,
 * are seen together.
 */
import type { TagId } from '../domain/tag-id.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { CauseSummary } from '../report/model.ts'
import type { TagState } from '../store/parity.ts'
import type { Store } from '../store/store.ts'
import { CauseTally } from '../verify/classify/cause-tally.ts'
import { decodeTraits } from '../verify/kept-traits.ts'

export class ParityCauses {
  readonly #store: Pick<Store, 'cells' | 'verdicts'>
  readonly #tally: CauseTally
  readonly #oldest = new Map<TagId, Ticks>()

  constructor(store: Pick<Store, 'cells' | 'verdicts'>) {
    this.#store = store
    this.#tally = new CauseTally((tag) => this.#oldest.get(tag))
  }

  /** Only mismatches that still stand have a cause. */
  add({ tag, states, verdicts }: TagState): void {
    if (verdicts.mismatch === 0) return
    let oldest = this.#oldestProven(tag, states)
    for (const cell of this.#store.verdicts.differing(tag)) {
      if (states.at(cell.start)?.verdict !== 'mismatch') continue
      const evidence = decodeTraits(tag, cell)
      if (evidence === undefined) continue
      this.#tally.add(evidence)
      if (evidence.log.count > 0 && (oldest === undefined || cell.start < oldest)) oldest = cell.start
    }
    if (oldest !== undefined) this.#oldest.set(tag, oldest)
  }

  /** Most cells first. */
  all(): CauseSummary[] {
    return this.#tally.causes()
  }

  of(tag: string): string | undefined {
    return this.#tally.causeOf(tag as TagId)?.cause
  }

  /** Start of the first stretch without a difference in which the log has a sample. */
  #oldestProven(tag: TagId, states: TagState['states']): Ticks | undefined {
    const proven = states.runs(({ verdict }) => verdict === 'match' || verdict === 'explained')
    return proven.find((run) => this.#store.cells.countSamples(tag, run) > 0)?.from
  }
}
