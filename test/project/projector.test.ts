import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BanyanError } from '../../src/domain/errors.ts'
import { parseTagId } from '../../src/domain/tag-id.ts'
import { ticks } from '../../src/domain/ticks.ts'
import type { SampleRecord } from '../../src/log/record.ts'
import { project, rebuild, type ProjectProgress } from '../../src/project/projector.ts'
import type { Cell } from '../../src/store/cells.ts'
import { StoreDatabase } from '../../src/store/database.ts'
import { RUN_GAP, RUNS_PER_CELL } from '../../src/store/offset-runs.ts'
import { storeOn, type Store } from '../../src/store/store.ts'
import { startChild } from '../store/child.ts'
import { openTemporaryStore, temporaryFile } from '../store/temporary-store.ts'
import { CELL_WIDTH, history, reckon } from './history.ts'
import { LONG_LOG_RECORDS, LONG_LOG_WIDTH, longLog } from './long-log.ts'
import { ArrayLog } from './array-log.ts'

const FOLD_CHILD = new URL('./fold-child.ts', import.meta.url)
const never = new AbortController().signal
const OPTIONS = { cellWidth: CELL_WIDTH }
const EVERYTHING = { from: ticks(-(2n ** 60n)), until: ticks(2n ** 60n) }
const TAG = parseTagId('pi/1')

function put(at: bigint, tag = TAG): SampleRecord {
  const sample = { type: 'int32', value: 1, status: 0, flags: 0, ticks: ticks(at), ord: 0 } as const
  return { tag, sample, rev: 0, op: 'put', source: 'pi-web-api' }
}

function cellsOf(store: Store): Cell[] {
  return [...store.cells.foldedSamples().keys()].toSorted().flatMap((tag) => store.cells.read(tag, EVERYTHING))
}

function summary(store: Store): ReturnType<typeof reckon> {
  const cells = cellsOf(store).map(
    ({ tag, window, digest, epoch }) => [`${tag}|${window.from.toString()}`, { ...digest, epoch }] as const,
  )
  return { cells: new Map(cells), puts: store.cells.foldedSamples() }
}

async function rejection(promise: Promise<unknown>): Promise<BanyanError> {
  const error: unknown = await promise.then(
    () => expect.fail('nothing was thrown'),
    (e: unknown) => e,
  )
  expect(error).toBeInstanceOf(BanyanError)
  return error as BanyanError
}

describe('project', () => {
  test('whenever it is run, the cells are what the log comes to; a rebuild changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        history,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 20 }),
        fc.infiniteStream(fc.boolean()),
        async (transactions, partitions, pageSize, runNow) => {
          const store = storeOn(new StoreDatabase(':memory:'), () => 1)
          const log = new ArrayLog(partitions, pageSize)
          for (const [i, transaction] of transactions.entries()) {
            log.append(transaction)
            if (runNow.next().value !== true) continue
            await project(log, store, OPTIONS, never)
            expect(summary(store)).toEqual(reckon(transactions.slice(0, i + 1)))
          }
          const last = await project(log, store, OPTIONS, never)
          expect(summary(store)).toEqual(reckon(transactions))
          for (const [partition, next] of last.position) {
            expect(store.positions.load().get(partition) ?? 0n).toBe(next)
          }
          const incremental = cellsOf(store)
          const rebuilt = await rebuild(log, store, OPTIONS, never)
          expect(cellsOf(store)).toEqual(incremental)
          expect(rebuilt).toMatchObject({ rebuilt: true, records: transactions.flat().length })
          store.close()
        },
      ),
      { numRuns: 60 },
    )
  })

  test('every record of a cell is in one of its offset runs, however far apart it was corrected', async () => {
    const steps = fc.array(fc.record({ transaction: history, leap: fc.bigInt({ min: 0n, max: 3n * RUN_GAP }) }), {
      minLength: 1,
      maxLength: 12,
    })
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const store = storeOn(new StoreDatabase(':memory:'), () => 1)
        const log = new ArrayLog(2, 10)
        // Only first writes: what a record says does not matter here, and each history begins anew.
        for (const { transaction, leap } of list) {
          log.append(transaction.flat().filter(({ rev }) => rev === 0))
          for (const partition of [0, 1]) log.leap(partition, leap)
          await project(log, store, OPTIONS, never)
        }
        const cells = cellsOf(store)
        for (const partition of [0, 1]) {
          for (const { offset, record } of log.recordsOf(partition)) {
            const cell = cells.find(
              ({ tag, window: { from, until } }) =>
                tag === record.tag && from <= record.sample.ticks && record.sample.ticks < until,
            )
            expect(cell?.partition).toBe(partition)
            expect(cell!.runs.some(({ first, last }) => first <= offset && offset <= last)).toBe(true)
          }
        }
        for (const { runs, partition, epoch } of cells) {
          expect(runs.length).toBeLessThanOrEqual(Math.min(epoch, RUNS_PER_CELL))
          for (const [i, { first, last }] of runs.entries()) {
            expect(last).toBeGreaterThanOrEqual(first)
            if (i > 0) expect(first).toBeGreaterThan(runs[i - 1]!.last + RUN_GAP)
          }
          // Both ends are records: a run never reaches into what comes before or after the cell.
          const offsets = new Set(log.recordsOf(partition).map(({ offset }) => offset))
          for (const { first, last } of runs) expect([offsets.has(first), offsets.has(last)]).toEqual([true, true])
        }
        store.close()
      }),
      { numRuns: 60 },
    )
  })

  test('a second run over the same log folds nothing', async () => {
    const store = openTemporaryStore(temporaryFile())
    const log = new ArrayLog(1, 10)
    log.append([put(1n), put(2n)])
    expect((await project(log, store, OPTIONS, never)).records).toBe(2)
    const before = cellsOf(store)
    expect((await project(log, store, OPTIONS, never)).records).toBe(0)
    expect(cellsOf(store)).toEqual(before)
  })

  test('answers only the cells that overlap the window asked for', async () => {
    const store = openTemporaryStore(temporaryFile())
    const log = new ArrayLog(1, 10)
    log.append([put(-10n), put(-1n), put(0n), put(9n), put(10n), put(29n)])
    await project(log, store, OPTIONS, never)
    const starts = (from: bigint, until: bigint): bigint[] =>
      store.cells.read(TAG, { from: ticks(from), until: ticks(until) }).map(({ window }) => window.from)
    expect(starts(0n, 10n)).toEqual([0n])
    expect(starts(-1n, 11n)).toEqual([-10n, 0n, 10n])
    expect(starts(9n, 10n)).toEqual([0n])
    expect(starts(10n, 20n)).toEqual([10n])
    expect(store.cells.read(parseTagId('pi/9'), EVERYTHING)).toEqual([])
    expect(store.cells.count()).toBe(4)
  })

  test('another cell width folds everything again', async () => {
    const store = openTemporaryStore(temporaryFile())
    const log = new ArrayLog(1, 10)
    log.append([put(1n), put(11n)])
    await project(log, store, OPTIONS, never)
    const wide = await project(log, store, { cellWidth: 100n }, never)
    expect(wide).toMatchObject({ rebuilt: true, records: 2 })
    expect(cellsOf(store)).toMatchObject([{ window: { from: 0n, until: 100n }, digest: { count: 2 }, epoch: 2 }])
  })

  test('reports how far it is, batch by batch', async () => {
    const store = openTemporaryStore(temporaryFile())
    const seen: ProjectProgress[] = []
    const options = { cellWidth: LONG_LOG_WIDTH, onProgress: (p: ProjectProgress) => seen.push(p) }
    const { records } = await project(longLog(), store, options, never)
    expect(seen.length).toBeGreaterThan(2)
    expect(seen.at(-1)).toMatchObject({ records })
    expect(seen.at(-1)!.offsetsDone).toBe(seen.at(-1)!.offsetsTotal)
    expect(seen.map((p) => p.records)).toEqual(seen.map((p) => p.records).toSorted((a, b) => a - b))
  })

  test('an abort leaves what was folded, and the next run goes on', async () => {
    const store = openTemporaryStore(temporaryFile())
    const controller = new AbortController()
    const reason = new Error('enough')
    const stopping = { cellWidth: LONG_LOG_WIDTH, onProgress: () => controller.abort(reason) }
    await expect(project(longLog(), store, stopping, controller.signal)).rejects.toBe(reason)
    const half = sum(store.cells.foldedSamples().values())
    expect(half).toBeGreaterThan(0)
    const rest = await project(longLog(), store, { cellWidth: LONG_LOG_WIDTH }, never)
    expect(half + rest.records).toBe(LONG_LOG_RECORDS)
    expect(sum(store.cells.foldedSamples().values())).toBe(LONG_LOG_RECORDS)
  })
})

describe('a log that lost records', () => {
  test('is refused when they were deleted before they were folded', async () => {
    const store = openTemporaryStore(temporaryFile())
    const log = new ArrayLog(1, 10)
    log.append([put(1n)])
    await project(log, store, OPTIONS, never)
    log.append([put(2n), put(3n)])
    log.deleteBelow(0, 3n)
    expect((await rejection(project(log, store, OPTIONS, never))).code).toBe('BANYAN_LOG_CORRUPT')
    expect(store.cells.foldedSamples()).toEqual(new Map([[TAG, 1]]))
  })

  test('is refused when it is shorter than what was folded', async () => {
    const store = openTemporaryStore(temporaryFile())
    const log = new ArrayLog(1, 10)
    log.append([put(1n)])
    await project(log, store, OPTIONS, never)
    expect((await rejection(project(new ArrayLog(1, 10), store, OPTIONS, never))).code).toBe('BANYAN_LOG_CORRUPT')
  })

  test('is refused when it holds fewer samples than were acknowledged, with the tag named', async () => {
    const store = openTemporaryStore(temporaryFile())
    const log = new ArrayLog(1, 10)
    log.append([put(1n), put(2n), put(3n)])
    log.deleteBelow(0, 1n)
    store.coverage.save([[TAG, { covered: [{ from: ticks(0n), until: ticks(10n) }], samples: 3 }]])
    const error = await rejection(project(log, store, OPTIONS, never))
    expect(error.code).toBe('BANYAN_LOG_CORRUPT')
    expect(error.message).toContain('2 of the 3 samples acknowledged for pi/1')
  })

  test('is not taken for the whole while it shows less than was acknowledged', async () => {
    const store = openTemporaryStore(temporaryFile())
    const log = new ArrayLog(1, 10)
    log.append([put(1n), put(2n)])
    const beyond = { ...OPTIONS, acknowledged: new Map([[0, 3n]]) }
    const error = await rejection(project(log, store, beyond, never))
    expect(error).toMatchObject({ code: 'BANYAN_LOG_UNAVAILABLE', retryable: true })
    log.append([put(3n)])
    expect(await project(log, store, beyond, never)).toMatchObject({ records: 3 })
  })

  test('is accepted when what is gone was never Banyan’s', async () => {
    const store = openTemporaryStore(temporaryFile())
    const log = new ArrayLog(1, 10)
    log.append([put(1n, parseTagId('other/1')), put(2n)])
    log.deleteBelow(0, 1n)
    store.coverage.save([[TAG, { covered: [{ from: ticks(0n), until: ticks(10n) }], samples: 1 }]])
    expect((await project(log, store, OPTIONS, never)).records).toBe(1)
  })
})

test('two that fold one store at once never count a record twice', async () => {
  const file = temporaryFile()
  const [one, two] = [openTemporaryStore(file), openTemporaryStore(file)]
  const options = { cellWidth: LONG_LOG_WIDTH }
  const outcomes = await Promise.allSettled([
    project(longLog(), one, options, never),
    project(longLog(), two, options, never),
  ])
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') {
      expect(outcome.reason).toMatchObject({ code: 'BANYAN_STORE_UNAVAILABLE', retryable: true })
    }
  }
  await project(longLog(), one, options, never)
  expect(sum(one.cells.foldedSamples().values())).toBe(LONG_LOG_RECORDS)
  expect(one.cells.count()).toBe(LONG_LOG_RECORDS)
})

test.each(['fold-staged:1', 'fold-staged:3', 'fold-committed:1', 'fold-committed:3'])(
  'killed at %s, the next run ends where an undisturbed one does',
  async (failpoint) => {
    const file = temporaryFile()
    const child = startChild(FOLD_CHILD, [file], { BANYAN_FAILPOINT: failpoint })
    expect(await child.ended).toBe('SIGKILL')
    const store = openTemporaryStore(file)
    const undisturbed = openTemporaryStore(temporaryFile())
    for (const each of [store, undisturbed]) await project(longLog(), each, { cellWidth: LONG_LOG_WIDTH }, never)
    expect(textOf(cellsOf(store))).toBe(textOf(cellsOf(undisturbed)))
    expect(store.positions.load()).toEqual(undisturbed.positions.load())
  },
)

test('a full disk stops the fold before its batch; with room again it goes on', async () => {
  const db = new StoreDatabase(temporaryFile())
  const store = storeOn(db, () => 1)
  db.pragma('max_page_count = 200')
  const error = await rejection(project(longLog(), store, { cellWidth: LONG_LOG_WIDTH }, never))
  expect(error).toMatchObject({ code: 'BANYAN_STORE_UNAVAILABLE', retryable: true })
  expect(sum(store.cells.foldedSamples().values())).toBe(store.cells.count())
  db.pragma('max_page_count = 1000000')
  await project(longLog(), store, { cellWidth: LONG_LOG_WIDTH }, never)
  expect(store.cells.count()).toBe(LONG_LOG_RECORDS)
  store.close()
})

/** Tens of thousands of cells compare faster, and fail more legibly, as text. */
function textOf(cells: readonly Cell[]): string {
  return JSON.stringify(cells, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((a, b) => a + b, 0)
}
