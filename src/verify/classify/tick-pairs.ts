/**
 * Tick pairs: which sample of the historian became which sample of the log, among those of one tick that have no equal.
 *
 * By what they say, not by their places: the number of pairs with one meaning is the largest there can be. What says
 * nothing equal is paired by the number of the state, then within one kind, the nearest numbers together, an equal
 * status before another. Pairs until one side is used up.
 */
import type { Sample, SamplePayload } from '../../domain/sample.ts'
import { isState, meaningKey, narrowKey, numberOf } from './meaning.ts'
import { pairNearest } from './nearest.ts'
import { sampleKey } from './sample-key.ts'

export interface Paired {
  readonly pairs: readonly (readonly [historian: Sample, log: Sample])[]
  /** Without a partner; empty on one side at least. */
  readonly historian: readonly Sample[]
  readonly log: readonly Sample[]
}

/** Samples with one key may be paired; undefined: not by this key. From the strongest likeness to the weakest. */
const LIKENESS: readonly ((sample: Sample) => string | undefined)[] = [
  (sample) => `${meaningKey(sample)} ${qualityKey(sample)}`,
  meaningKey,
  (sample) => `${narrowKey(sample)} ${qualityKey(sample)}`,
  narrowKey,
  codeKey,
  (sample) => `${kindOf(sample)} ${qualityKey(sample)}`,
  kindOf,
  () => '',
]

export function pairTick(historian: readonly Sample[], log: readonly Sample[]): Paired {
  const [one, other] = [historian[0], log[0]]
  if (one === undefined || other === undefined) return { pairs: [], historian, log }
  if (historian.length === 1 && log.length === 1) return { pairs: [[one, other]], historian: [], log: [] }
  let pairs: [Sample, Sample][] = []
  let [restOfHistorian, restOfLog] = [inOrder(historian), inOrder(log)]
  for (const likeness of LIKENESS) {
    const found = pairAlike(restOfHistorian, restOfLog, likeness)
    const paired = new Set(found.flat())
    pairs = [...pairs, ...found]
    restOfHistorian = restOfHistorian.filter((sample) => !paired.has(sample))
    restOfLog = restOfLog.filter((sample) => !paired.has(sample))
    if (restOfHistorian.length === 0 || restOfLog.length === 0) break
  }
  return { pairs, historian: restOfHistorian, log: restOfLog }
}

function pairAlike(a: readonly Sample[], b: readonly Sample[], likeness: (sample: Sample) => string | undefined) {
  const groups = groupBy(b, likeness)
  return [...groupBy(a, likeness)].flatMap(([key, group]) => pairNearest(group, groups.get(key) ?? [], place))
}

/** In the order met; items without a key are left out. */
export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string | undefined): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    if (key === undefined) continue
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}

/** By number, and by what they are where that is equal: the order of arrival decides nothing. */
function inOrder(samples: readonly Sample[]): Sample[] {
  return samples
    .map((sample) => ({ sample, at: place(sample), key: sampleKey(sample) }))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.key < b.key ? -1 : 1))
    .map(({ sample }) => sample)
}

/** NaN stands below all numbers, and what is no number in one place with zero. */
function place(sample: Sample): number {
  const number = Number(numberOf(sample) ?? 0)
  return Number.isNaN(number) ? -Infinity : number
}

function qualityKey({ status, flags }: Sample): string {
  return `${status} ${flags}`
}

function codeKey(payload: SamplePayload): string | undefined {
  return payload.type === 'digital' || payload.type === 'state' ? `${payload.type} ${payload.value.code}` : undefined
}

function kindOf(payload: SamplePayload): string {
  if (isState(payload)) return 'state'
  return numberOf(payload) === undefined ? payload.type : 'number'
}
