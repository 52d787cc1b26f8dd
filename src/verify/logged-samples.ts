/**
 * LoggedSamples: the records of one cell, folded to what the log says about each sample now.
 *
 * A correction computed from half of a cell's records would be a duplicate or a false delete. So nothing is answered
 * unless all of it is there: as many records as the cell was folded from, every ord of a tick from 0 on, and every
 * revision after the one before it. Contradictions surface when the samples are asked for, not while records are
 * added: a damaged tag must not stop the others that are read in the same run of offsets.
 */
import { BanyanError } from '../domain/errors.ts'
import { formatTicks, type Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'
import type { SampleRecord } from '../log/record.ts'
import type { LoggedSample } from './align.ts'

export class LoggedSamples {
  readonly #byTick = new Map<Ticks, LoggedSample[]>()
  #records = 0
  #contradiction: SampleRecord | undefined

  /** Records of the cell in offset order. */
  add(record: SampleRecord): void {
    const { sample, rev, op } = record
    this.#records += 1
    let group = this.#byTick.get(sample.ticks)
    if (group === undefined) {
      group = []
      this.#byTick.set(sample.ticks, group)
    }
    const known = group[sample.ord]
    const follows = known === undefined ? sample.ord === group.length && rev === 0 : rev === known.rev + 1
    if (!follows) {
      this.#contradiction ??= record
      return
    }
    // What a deleted sample last was stays known: whoever brings it back says so.
    const content = op === 'put' || known === undefined ? sample : known.content
    group[sample.ord] = { ord: sample.ord, rev, isDeleted: op === 'delete', content }
  }

  /**
   * Every ord ever used of each tick, at its index; only ticks inside the windows. Throws BANYAN_LOG_CORRUPT when the
   * records contradict each other, or are not `recordCount`, the number folded into the cell.
   */
  within(windows: readonly Window[], recordCount: number): Map<Ticks, readonly LoggedSample[]> {
    if (this.#contradiction !== undefined) throw outOfSequence(this.#contradiction)
    if (this.#records !== recordCount) throw miscounted(this.#records, recordCount)
    return new Map([...this.#byTick].filter(([at]) => windows.some(({ from, until }) => at >= from && at < until)))
  }
}

function outOfSequence({ tag, sample: { ticks, ord }, rev }: SampleRecord): BanyanError {
  return new BanyanError(
    'BANYAN_LOG_CORRUPT',
    `revision ${rev} of sample ${ord} of ${tag} at ${formatTicks(ticks)} does not follow the records before it`,
    {
      hint: 'A record was lost, or something else than Banyan wrote to the topic: look with `banyan log read --records`.',
      context: { tag, ticks: ticks.toString(), ord, rev },
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
