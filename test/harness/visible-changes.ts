/**
 * Which changes of history a log does not show. Demanded is each change that was the only one of its time between two
 * marks, at both of which the log was complete: of two changes in between only their sum need be visible.
 */
import type { CurrentTruth, LogRecord } from './current-truth.ts'
import type { Plant, PlantChange } from './plant.ts'

/** What a plant says of itself. */
type ChangeBook = Pick<Plant, 'changes' | 'epoch' | 'gone' | 'retyped'>

export interface Visibility {
  /** How many changes were demanded. */
  readonly demanded: number
  /** Those without a revision that says both what was there and what is there now. */
  readonly invisible: readonly string[]
}

export function visibilityOf(plant: ChangeBook, historian: string, { records }: CurrentTruth): Visibility {
  const recordsOf = groupBy(records, ({ tag, ts }) => `${tag}|${ts}`)
  const invisible: string[] = []
  const demanded = demandedChanges(plant)
  for (const change of demanded) {
    const left = recordsOf.get(`${historian}/${String(change.point)}|${change.ts}`) ?? []
    const wanted = steps(change)
    const mayComeInOldType = plant.retyped.get(change.point) === change.epoch
    if (!isShown(wanted, left) && !(mayComeInOldType && isShownInOldType(wanted, left)))
      invisible.push(JSON.stringify(change))
  }
  return { demanded: demanded.length, invisible }
}

function demandedChanges({ changes, epoch, gone }: ChangeBook): PlantChange[] {
  const ofOneTime = groupBy(changes, (change) => `${String(change.epoch)}|${String(change.point)}|${change.ts}`)
  return [...ofOneTime.values()]
    .filter((group) => group.length === 1)
    .flat()
    .filter((change) => change.isOfMarked && change.epoch > 0 && change.epoch < epoch)
    .filter((change) => gone.get(change.point) !== change.epoch)
}

interface Step {
  readonly before: string | undefined
  readonly after: string | undefined
}

/** A change as the records that must show it: what disappeared against what appeared, in order. */
function steps({ before, after }: PlantChange): Step[] {
  const disappeared = without(before, after)
  const appeared = without(after, before)
  const count = Math.max(disappeared.length, appeared.length)
  return Array.from({ length: count }, (_, i) => ({ before: disappeared[i], after: appeared[i] }))
}

function without(contents: readonly string[], others: readonly string[]): string[] {
  const left = [...others]
  return contents.filter((content) => {
    const index = left.indexOf(content)
    if (index >= 0) left.splice(index, 1)
    return index < 0
  })
}

/** Of a tie of which several members changed at once nothing says which became which. */
function isShown(steps: readonly Step[], left: LogRecord[]): boolean {
  const [only] = steps
  if (steps.length === 1 && only !== undefined) return take(left, only)
  return steps.every(
    ({ before, after }) =>
      left.some((record) => record.before === before) && left.some((record) => record.after === after),
  )
}

/**
 * What arrives right after the type of its tag was changed may be read in the old type, until the catalogue is read again:
 * then it is there first in that type, and a revision says it in the new one.
 */
function isShownInOldType([step, ...others]: readonly Step[], left: LogRecord[]): boolean {
  if (step === undefined || others.length > 0 || step.before !== undefined) return false
  return left.some(
    ({ kind, after }) => kind !== 'edited' && left.some((next) => next.before === after && next.after === step.after),
  )
}

/** Takes a record of that change out of `left`. What appears where nothing was may be first written, late or put back. */
function take(left: LogRecord[], { before, after }: Step): boolean {
  const index = left.findIndex(
    (record) => record.after === after && (before === undefined ? record.kind !== 'edited' : record.before === before),
  )
  if (index >= 0) left.splice(index, 1)
  return index >= 0
}

function groupBy<T>(items: Iterable<T>, nameOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const name = nameOf(item)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [item])
    else group.push(item)
  }
  return groups
}
