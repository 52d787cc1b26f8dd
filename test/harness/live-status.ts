/** A status in which every member has a value of its own. */
import type { LiveHistorian, LiveStatus } from '../../src/telemetry/live-status.ts'

export function liveHistorian(over: Partial<LiveHistorian> = {}): LiveHistorian {
  return {
    name: 'pi-north',
    source: 'pi-web-api',
    fallback: {
      tags: 2,
      seams: 4,
      differences: { windows: 21, onlyPrimary: 22, onlyFallback: 23, value: 24, quality: 25, unread: 26 },
      governor: {
        concurrency: 1,
        concurrencyCap: 2,
        inFlight: 0,
        waiting: 0,
        requests: 31,
        throttled: 32,
        failed: 33,
        heldBy: [],
      },
    },
    up: true,
    serverTime: '2025-06-01T12:00:00.0000000Z',
    clockOffsetMs: -1_500,
    tags: 3,
    failingCount: 1,
    failing: [
      { tag: 'pi-north/3', name: 'TIC3', code: 'BANYAN_SOURCE_REJECTED', message: 'no', sinceMs: 1, retryAtMs: 2 },
    ],
    catchingUp: 2,
    rounds: 40,
    lastRoundMs: 250,
    samples: 1_234,
    lag: { medianMs: 31_000, p99Ms: 42_000, maxMs: 60_500 },
    worst: [{ tag: 'pi-north/3', name: 'TIC3', lagMs: 60_500, freshnessMs: 70_000 }],
    revisions: { late: 5, edited: 6, deleted: 7 },
    sweptCells: 99,
    parity: {
      atMs: 1_748_779_250_000,
      tags: 3,
      verdicts: { match: 101, explained: 102, waived: 103, mismatch: 104, inconclusive: 105, pending: 106 },
      mismatchedCount: 1,
      mismatched: [{ tag: 'pi-north/2', name: 'TIC2', cells: 104 }],
      oldestMs: 1_748_692_860_000,
    },
    verified: {
      cells: 201,
      samples: 202,
      requests: 203,
      auditedCells: 204,
      shortCells: 205,
      summarisedCells: 206,
      summaryNotices: 207,
    },
    governor: {
      concurrency: 4,
      concurrencyCap: 8,
      inFlight: 2,
      waiting: 11,
      requests: 500,
      throttled: 12,
      failed: 13,
      heldBy: ['retry-after'],
    },
    hints: 17,
    lastError: undefined,
    ...over,
  }
}

export function liveStatus(over: Partial<LiveStatus> = {}): LiveStatus {
  return {
    bridge: 'north-site',
    version: '1.2.3',
    epoch: 21,
    pid: 4711,
    startedAtMs: 1_748_779_200_000,
    atMs: 1_748_779_260_000,
    problems: [],
    degraded: [],
    historians: [liveHistorian()],
    sweeps: [
      {
        name: 'sweep 1d every 15m',
        running: true,
        nextAtMs: 1_748_780_100_000,
        lastEndedAtMs: 1_748_779_210_000,
        lastOutcome: 'done',
        skipped: 3,
        failed: 2,
      },
    ],
    workloads: [
      {
        name: 'boiler',
        phase: 'canary',
        serve: 'log',
        percent: 10,
        frozen: true,
        quarantined: false,
        unpublished: 41,
      },
    ],
    lastReload: undefined,
    ...over,
  }
}
