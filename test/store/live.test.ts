import SqliteDatabase from 'better-sqlite3'
import { expect, test } from 'vitest'
import type { LiveStatus } from '../../src/telemetry/live-status.ts'
import { liveHistorian, liveStatus } from '../harness/live-status.ts'
import { openTemporaryStore, temporaryFile } from './temporary-store.ts'

const historian = liveHistorian({
  // What is easily spoilt on the way through text.
  failing: [
    { tag: 'pi-north/1', name: "it's <b>", code: 'BANYAN_SOURCE_REJECTED', message: '', sinceMs: 1, retryAtMs: 2 },
  ],
  samples: 5_000_000_000,
  lag: { medianMs: 30_000, p99Ms: 31_000, maxMs: 60_000.5 },
  worst: [{ tag: 'pi-north/1', name: 'Été ☃ \u0000', lagMs: 1, freshnessMs: 2 }],
  revisions: { late: 1, edited: 2, deleted: 3 },
  sweptCells: 48,
  parity: {
    atMs: 6,
    tags: 2,
    verdicts: { match: 1, explained: 2, waived: 3, mismatch: 4, inconclusive: 5, pending: 6 },
    mismatchedCount: 1,
    mismatched: [{ tag: 'pi-north/1', name: '</b>', cells: 4 }],
    oldestMs: 5,
  },
  verified: {
    cells: 1,
    samples: 2,
    requests: 3,
    auditedCells: 4,
    shortCells: 5,
    summarisedCells: 6,
    summaryNotices: 7,
  },
  governor: {
    concurrency: 2,
    concurrencyCap: 8,
    inFlight: 1,
    waiting: 0,
    requests: 9,
    throttled: 0,
    failed: 0,
    heldBy: ['quiet hours'],
  },
  hints: 4,
  lastError: { code: 'BANYAN_SOURCE_THROTTLED', message: 'slow down', atMs: 5 },
})

/** Every member is there. */
const report = liveStatus({
  problems: [{ reason: 'historian-clock', subject: 'pi-north', detail: 'stepped back' }],
  historians: [historian],
  lastReload: { atMs: 3, outcome: 'applied' },
})

/** As it is before the first round. */
const early: LiveStatus = {
  ...report,
  problems: [],
  historians: [
    {
      ...historian,
      up: false,
      serverTime: undefined,
      clockOffsetMs: undefined,
      failing: [],
      lastRoundMs: undefined,
      lag: undefined,
      worst: [{ ...historian.worst[0]!, freshnessMs: undefined }],
      hints: undefined,
      lastError: undefined,
    },
  ],
  sweeps: [{ ...report.sweeps[0]!, nextAtMs: undefined, lastEndedAtMs: undefined, lastOutcome: undefined }],
  lastReload: undefined,
}

test('what the daemon said last is read, by another process too', () => {
  let now = 10
  const file = temporaryFile()
  const daemon = openTemporaryStore(file, () => now)
  const other = openTemporaryStore(file)
  expect(other.live.read()).toBeUndefined()
  daemon.live.write(7, early)
  expect(other.live.read()).toEqual({ epoch: 7, atMs: 10, report: early })
  now = 20
  daemon.live.write(7, report)
  expect(other.live.read()).toEqual({ epoch: 7, atMs: 20, report })
})

test('a daemon that lost the lease no longer has the word', () => {
  const store = openTemporaryStore(temporaryFile())
  store.live.write(8, report)
  store.live.write(7, { ...report, bridge: 'old' })
  expect(store.live.read()).toMatchObject({ epoch: 8, report: { bridge: 'north-site' } })
  store.live.write(9, { ...report, bridge: 'new' })
  expect(store.live.read()).toMatchObject({ epoch: 9, report: { bridge: 'new' } })
})

/** The report with one member after the other replaced by something of another kind. */
function* damaged(value: unknown): Generator {
  yield Array.isArray(value) ? {} : typeof value === 'string' ? 1 : 'other'
  yield null
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) for (const bad of damaged(item)) yield value.with(i, bad)
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      for (const bad of damaged(member)) yield { ...value, [name]: bad }
    }
  }
}

test('a row with any member missing its kind is as good as none', () => {
  const file = temporaryFile()
  const store = openTemporaryStore(file)
  store.live.write(7, report)
  const db = new SqliteDatabase(file)
  const put = db.prepare('UPDATE live_status SET report = ?')
  let variants = 0
  for (const bad of damaged(report)) {
    put.run(JSON.stringify(bad))
    expect(store.live.read(), JSON.stringify(bad)).toBeUndefined()
    variants += 1
  }
  expect(variants).toBeGreaterThan(100)
  for (const required of Object.keys(report).filter((name) => name !== 'lastReload')) {
    put.run(JSON.stringify({ ...report, [required]: undefined }))
    expect(store.live.read(), required).toBeUndefined()
  }
  put.run(JSON.stringify({ ...report, bridge: 'x'.repeat(5_000_000) }))
  expect(store.live.read()).toBeUndefined()
  // What a newer version adds does no harm.
  put.run(JSON.stringify({ ...report, more: 1 }))
  expect(store.live.read()?.report.bridge).toBe('north-site')
  db.close()
})
