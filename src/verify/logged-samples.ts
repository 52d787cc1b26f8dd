/**
 * LoggedSamples: the records of one cell, folded to what the log says about each sample now.
 *
 * A correction computed from half of a cell's records would be a duplicate or a false delete. So nothing is answered
 * unless all of it is there: as many records as the cell was folded from, every ord of a tick from 0 on, and every
 * revision after the one before it, or equal to the one it repeats. Contradictions surface when the samples are asked
 * for, not while records are added: a damaged tag must not stop the others that are read in the same run of offsets.
 */
import { BanyanError } from '../domain/errors.ts'
import { formatTicks, type Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'
import type { SampleRecord } from '../log/record.ts'
import type { LoggedSample } from './align.ts'
import { historyOf } from './sample-history.ts'

type Records = [SampleRecord, ...SampleRecord[]]

export class LoggedSamples {
  /** The records of each sample, at its ord. */
  readonly #byTick = new Map<Ticks, Records[]>()
  #records = 0
  #contradiction: SampleRecord | undefined

  /** Records of the cell in offset order. */
  add(record: SampleRecord): void {
    const { ticks, ord } = record.sample
    this.#records += 1
    let group = this.#byTick.get(ticks)
    if (group === undefined) {
      group = []
      this.#byTick.set(ticks, group)
    }
    const known = group[ord]
    if (known !== undefined) known.push(record)
    else if (ord === group.length) group.push([record])
    else this.#contradiction ??= record
  }

  /**
   * Every ord ever used of each tick, at its index; only ticks inside the windows. Throws BANYAN_LOG_CORRUPT when the
   * records contradict each other, or are not `recordCount`, the number folded into the cell.
   */
  within(windows: readonly Window[], recordCount: number): Map<Ticks, readonly LoggedSample[]> {
    if (this.#contradiction !== undefined) throw outOfSequence(this.#contradiction)
    const samples = new Map([...this.#byTick].map(([at, group]) => [at, group.map(loggedOf)]))
    if (this.#records !== recordCount) throw miscounted(this.#records, recordCount)
    return new Map([...samples].filter(([at]) => windows.some(({ from, until }) => at >= from && at < until)))
  }
}

function loggedOf(records: Records, ord: number): LoggedSample {
  const history = historyOf(records)
  if (history === undefined) throw outOfSequence(records[0])
  return { ...history, ord }
}

function outOfSequence({ tag, sample: { ticks, ord } }: SampleRecord): BanyanError {
  return new BanyanError(
    'BANYAN_LOG_CORRUPT',
    `the records of sample ${ord} of ${tag} at ${formatTicks(ticks)} do not follow one another`,
    {
      hint: 'A record was lost, or something else than Banyan wrote to the topic: look with `banyan log read --records`.',
      context: { tag, ticks: ticks.toString(), ord },
    },
  )
}

function miscounted(records: number, folded: number): BanyanError {
  return new BanyanError(
    'BANYAN_LOG_CORRUPT',
    `a cell was folded from ${folded} records, but the log holds ${records} of them now`,
    { hint: 'Find out what deletes records. If the log was replaced on purpose, run `banyan store rebuild`.' },
  )
}
