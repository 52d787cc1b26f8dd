/**
 * Projector: brings the cells up to the end of the log.
 *
 * Cells and position are written in one transaction per batch, so a kill at any instruction leaves a state that is
 * true for the position it names, and the next run goes on from there: nothing is folded twice or left out. Whoever
 * else folds the same store meanwhile makes one of the two fail, never count twice.
 */
import { BanyanError } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { LogPage, LogPosition, SampleLog } from '../log/log.ts'
import type { Store } from '../store/store.ts'
import { failpoint } from '../util/failpoint.ts'
import { Fold } from './fold.ts'
import { distance, startOf } from './fold-range.ts'

/** Large enough that a cell is rarely written twice, small enough to hold in memory and to commit in a blink. */
const BATCH_RECORDS = 50_000
/** A batch of sparse tags has nearly a cell per record; each costs memory and an upsert. */
const BATCH_CELLS = 20_000

export interface ProjectOptions {
  /** In ticks. Another width than that of the stored cells folds everything again. */
  readonly cellWidth: bigint
  /**
   * Offset of the newest record acknowledged in each partition: the fold must go beyond it, or what it says of the log
   * is older than what the log has said itself.
   */
  readonly acknowledged?: ReadonlyMap<number, bigint>
  /**
   * Called instead of throwing when the log shows fewer samples than the coverage cache says were acknowledged: whoever
   * looks for what was lost wants to see it, not to be stopped by it.
   */
  readonly onShortfall?: (shortfall: BanyanError) => void
  /** Called after every batch. */
  readonly onProgress?: (progress: ProjectProgress) => void
}

export interface ProjectProgress {
  /** Records folded in this run. */
  readonly records: number
  /** Offsets behind and in all; records and offsets differ, because a log also numbers its transaction markers. */
  readonly offsetsDone: number
  readonly offsetsTotal: number
}

export interface ProjectResult {
  readonly records: number
  /** True when the cells had another width and everything was folded again. */
  readonly rebuilt: boolean
  /** Up to where the log is folded now. */
  readonly position: LogPosition
}

/**
 * Folds what the log holds beyond the stored position, up to the end it had when called. Throws BANYAN_LOG_UNAVAILABLE
 * (retryable) when that end is below what was acknowledged: a commit is answered before readers see it. Throws
 * BANYAN_LOG_CORRUPT when records are missing: deleted before they were folded, or fewer per tag than the coverage cache says were
 * acknowledged. When it throws or is aborted, what was folded so far stays and is true.
 */
export async function project(
  log: SampleLog,
  store: Store,
  options: ProjectOptions,
  signal: AbortSignal,
): Promise<ProjectResult> {
  const { cellWidth } = options
  if (cellWidth <= 0n) throw new RangeError('a cell must be wider than nothing')
  const rebuilt = store.write(() => {
    const width = store.cells.width()
    if (width === cellWidth) return false
    store.cells.reset(cellWidth)
    store.positions.clear()
    return width !== undefined
  })
  // Before the end is asked for: what is acknowledged now is below that end.
  const samples = store.coverage.samples()
  const folded = store.positions.load()
  const begin = await log.begin(signal)
  const end = await log.end(signal)
  refuseOldEnd(options.acknowledged ?? new Map(), end)
  const records = await foldUntil(log, store, { folded, start: startOf(folded, begin, end), end }, options, signal)
  const shortfall = shortfallOf(samples, store.cells.foldedSamples())
  if (shortfall !== undefined && options.onShortfall === undefined) throw shortfall
  if (shortfall !== undefined) options.onShortfall?.(shortfall)
  return { records, rebuilt, position: end }
}

/** Drops the cells and folds the whole log again. */
export async function rebuild(
  log: SampleLog,
  store: Store,
  options: ProjectOptions,
  signal: AbortSignal,
): Promise<ProjectResult> {
  store.write(() => {
    store.cells.reset(options.cellWidth)
    store.positions.clear()
  })
  return { ...(await project(log, store, options, signal)), rebuilt: true }
}

interface Stretch {
  /** Stored positions. */
  readonly folded: LogPosition
  readonly start: LogPosition
  readonly end: LogPosition
}

async function foldUntil(
  log: SampleLog,
  store: Store,
  { folded, start, end }: Stretch,
  { cellWidth, onProgress }: ProjectOptions,
  signal: AbortSignal,
): Promise<number> {
  const isDeleted = (...sample: Parameters<typeof store.cells.isDeleted>): boolean => store.cells.isDeleted(...sample)
  const offsetsTotal = distance(start, end)
  const at = new Map(start)
  let committed = folded
  let fold = new Fold(cellWidth, isDeleted)
  let records = 0

  const commit = (): void => {
    store.write(() => {
      const isOurs = store.cells.width() === cellWidth && store.positions.advance(committed, at)
      if (!isOurs) throw foldedElsewhere(store.file)
      store.cells.apply(fold.deltas())
      failpoint('fold-staged')
    })
    failpoint('fold-committed')
    committed = new Map(at)
    records += fold.recordCount
    fold = new Fold(cellWidth, isDeleted)
    onProgress?.({ records, offsetsDone: distance(start, at), offsetsTotal })
  }

  if (offsetsTotal > 0) {
    for await (const page of log.read(start, end, signal)) {
      addPage(fold, page, at, end)
      if (fold.recordCount >= BATCH_RECORDS || fold.cellCount >= BATCH_CELLS) commit()
    }
    if (distance(at, end) !== 0) throw badPage('it stopped before the end it was asked for')
  }
  if (fold.recordCount > 0 || distance(folded, at) !== 0) commit()
  return records
}

/** Folds a page and moves `at`; a page that does not continue where the last one ended would lose or repeat records. */
function addPage(fold: Fold, { partition, records, next }: LogPage, at: Map<number, bigint>, end: LogPosition): void {
  let expected = at.get(partition)
  const until = end.get(partition)
  if (expected === undefined || until === undefined) throw badPage(`partition ${partition} was not asked for`)
  for (const logged of records) {
    if (logged.offset < expected) throw badPage(`offset ${logged.offset.toString()} came out of order`)
    expected = logged.offset + 1n
    fold.add(partition, logged)
  }
  if (next < expected || next > until) throw badPage(`a page of partition ${partition} ends at the wrong offset`)
  at.set(partition, next)
}

function refuseOldEnd(acknowledged: ReadonlyMap<number, bigint>, end: LogPosition): void {
  for (const [partition, newest] of acknowledged) {
    const shown = end.get(partition) ?? 0n
    if (newest < shown) continue
    throw new BanyanError(
      'BANYAN_LOG_UNAVAILABLE',
      `partition ${partition} of the log shows its records up to offset ${shown.toString()}, but ${newest.toString()} was acknowledged`,
      {
        retryable: true,
        hint: 'The log is behind with its commits, or an open transaction of a foreign producer hides what follows it.',
        context: { partition },
      },
    )
  }
}

function shortfallOf(
  acknowledged: ReadonlyMap<TagId, number>,
  folded: ReadonlyMap<TagId, number>,
): BanyanError | undefined {
  const short = [...acknowledged].filter(([tag, samples]) => samples > (folded.get(tag) ?? 0))
  const [first] = short
  if (first === undefined) return undefined
  const [tag, samples] = first
  return new BanyanError(
    'BANYAN_LOG_CORRUPT',
    `the log shows ${folded.get(tag) ?? 0} of the ${samples} samples acknowledged for ${tag}` +
      (short.length > 1 ? `, and too few for ${short.length - 1} more tags` : ''),
    {
      hint: 'Records were deleted or lost, or an open transaction of a foreign producer hides them. If the log was replaced on purpose, run `banyan store rebuild`.',
      context: { tag, tags: short.length },
    },
  )
}

function foldedElsewhere(file: string): BanyanError {
  return new BanyanError('BANYAN_STORE_UNAVAILABLE', `another process is folding the log into the store ${file}`, {
    retryable: true,
    hint: 'Wait for it to finish; nothing was counted twice.',
    context: { store: file },
  })
}

function badPage(what: string): BanyanError {
  return new BanyanError('BANYAN_INTERNAL', `the log was read wrongly: ${what}`)
}
