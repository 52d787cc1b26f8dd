/**
 * What a reader of the log takes to be true, reckoned from the contract alone: per (tag, ticks, ord) the record with the
 * highest rev; and everything by which the records would break the contract.
 */
import { inspect, isDeepStrictEqual } from 'node:util'
import type { Sample, SampleContent } from '../../src/domain/sample.ts'
import type { SampleRecord } from '../../src/log/record.ts'

interface Truth {
  /** Current samples, as text without `ord`; sorted. */
  readonly samples: string[]
  readonly violations: string[]
}

export function textOf({ ticks, type, value, status, flags }: Sample): string {
  return `${ticks.toString()} ${type} ${inspect(value)} ${status} ${flags}`
}

function contentOf({ type, value, status, flags }: SampleContent): unknown {
  return { type, value, status, flags }
}

/** Records of one tag in the order of their offsets. */
export function currentTruth(records: readonly SampleRecord[]): Truth {
  const latest = new Map<string, SampleRecord>()
  /** Of each sample: what was last put. */
  const known = new Map<string, SampleContent>()
  const violations: string[] = []
  for (const record of records) {
    const { sample, rev, op, before } = record
    const identity = `${sample.ticks.toString()}/${sample.ord}`
    const previous = latest.get(identity)
    const expect = (isTrue: boolean, what: string): void => {
      if (!isTrue) violations.push(`${identity} rev ${rev}: ${what}`)
    }
    expect(rev === (previous === undefined ? 0 : previous.rev + 1), 'rev is not the next')
    if (previous === undefined) {
      const isNextOrd = sample.ord === 0 || latest.has(`${sample.ticks.toString()}/${sample.ord - 1}`)
      expect(isNextOrd, 'ord is not the next')
      expect(op === 'put' && before === undefined, 'a first record supersedes nothing')
    } else {
      const last = known.get(identity)
      expect(
        before !== undefined && last !== undefined && isDeepStrictEqual(contentOf(before), contentOf(last)),
        'before is not what was known',
      )
      expect(op === 'put' || previous.op === 'put', 'deleted twice')
    }
    if (op === 'put') known.set(identity, sample)
    else expect(sample.type === 'null', 'a delete carries a value')
    latest.set(identity, record)
  }
  const samples = [...latest.values()].filter(({ op }) => op === 'put').map(({ sample }) => textOf(sample))
  return { samples: samples.sort(), violations }
}
