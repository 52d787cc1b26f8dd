/**
 * LogRows: what a consumer of the log takes to be true of one cell, from the records the log shows now. It adds nothing
 * and hides nothing: of each identity the highest revision counts, as often as the log has it, because a record that
 * stands there twice is read twice. So does a sample of which an older record stands there twice, until a revision
 * supersedes the copies. Whether that is all that was once folded is told beside it.
 */
import type { Coverage } from '../domain/coverage.ts'
import type { Sample } from '../domain/sample.ts'
import type { LoggedRecord } from '../log/log.ts'
import type { SampleRecord } from '../log/record.ts'
import { historyOf, type SampleHistory } from './sample-history.ts'

/** Where only a revision was written again the copies are one, but the sum is wrong: it is shown as one too many. */
const LEAST_REPEATED = 2

interface Identity {
  readonly records: SampleRecord[]
  /** Where the sample was first written; undefined when that record is gone. */
  readonly writtenAt: bigint | undefined
}

interface Row {
  /** Undefined: the records contradict each other, or one is gone. */
  readonly history: SampleHistory | undefined
  /** What is current, as often as it counts; none for what is deleted. */
  readonly samples: readonly Sample[]
  readonly writtenAt: bigint | undefined
}

export class LogRows {
  readonly #identities = new Map<string, Identity>()
  #records = 0
  /** Of the records added so far; undefined: not asked for yet. */
  #rows: readonly Row[] | undefined

  /** Records of the cell in the order of their offsets. */
  add({ offset, record }: LoggedRecord): void {
    const key = `${record.sample.ticks.toString()}/${record.sample.ord}`
    const known = this.#identities.get(key)
    this.#records += 1
    this.#rows = undefined
    if (known !== undefined) known.records.push(record)
    else this.#identities.set(key, { records: [record], writtenAt: record.rev === 0 ? offset : undefined })
  }

  /** Whether these are all the records folded into the cell, none contradicts another, and none counts twice. */
  isWhole(recordCount: number): boolean {
    return !this.isShort(recordCount) && this.#all().every(({ history }) => history?.repetition === undefined)
  }

  /** Whether some of the records folded into the cell are gone, or contradict each other. */
  isShort(recordCount: number): boolean {
    return this.#records !== recordCount || this.#all().some(({ history }) => history === undefined)
  }

  /** The current samples inside the windows, ascending by (ticks, ord). */
  samples(windows: Coverage): Sample[] {
    return this.#all()
      .flatMap(({ samples }) => samples)
      .filter(({ ticks }) => windows.some(({ from, until }) => ticks >= from && ticks < until))
      .sort((a, b) => (a.ticks < b.ticks ? -1 : a.ticks > b.ticks ? 1 : a.ord - b.ord))
  }

  /**
   * The samples that were written once, unchanged, before every newer one: as far as the log can tell, they came in the
   * order of their times.
   */
  inOrder(): ReadonlySet<Sample> {
    const result = new Set<Sample>()
    const newestFirst = this.#all().toSorted((a, b) => compareTicks(b.samples[0], a.samples[0]))
    let earliest: bigint | undefined
    for (const { history, samples, writtenAt } of newestFirst) {
      const [only, ...copies] = samples
      const isBefore = writtenAt !== undefined && (earliest === undefined || writtenAt < earliest)
      if (only !== undefined && copies.length === 0 && history?.rev === 0 && isBefore) result.add(only)
      if (writtenAt !== undefined && isBefore) earliest = writtenAt
    }
    return result
  }

  #all(): readonly Row[] {
    this.#rows ??= [...this.#identities.values()].map(({ records, writtenAt }) => {
      const history = historyOf(records)
      return { history, samples: samplesOf(records, history), writtenAt }
    })
    return this.#rows
  }
}

function samplesOf(records: readonly SampleRecord[], history: SampleHistory | undefined): readonly Sample[] {
  if (history === undefined) {
    const highest = records.reduce((rev, record) => Math.max(rev, record.rev), 0)
    return records.filter(({ rev, op }) => rev === highest && op === 'put').map(({ sample }) => sample)
  }
  const { content, isDeleted, repetition } = history
  const times = repetition === undefined ? 1 : Math.max(repetition.copies, LEAST_REPEATED)
  return new Array<Sample>(isDeleted ? times - 1 : times).fill(content)
}

/** What was deleted sorts as the oldest: it is in no order with anything. */
function compareTicks(a: Sample | undefined, b: Sample | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1
  return a.ticks < b.ticks ? -1 : a.ticks > b.ticks ? 1 : a.ord - b.ord
}
