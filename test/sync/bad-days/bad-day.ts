/**
 * A bad day: something happens to a running daemon. Its readiness gives the documented reason, it says so once in its
 * log; mended, it goes on by itself, and at the end the log says what the historian says.
 */
import { execFileSync } from 'node:child_process'
import { expect, type TestContext } from 'vitest'
import type { CurrentTruth } from '../../harness/current-truth.ts'
import type { LogLine } from '../../harness/daemon.ts'
import { HOUR_MS, MINUTE_MS, REQUESTS_PER_SECOND, SyncSite, type SyncSiteOptions } from '../../harness/sync-site.ts'

/** Of one test; most take a few seconds, some a minute until a clock is believed. */
export const LIMIT_MS = 300_000

/**
 * Of every bad day. They wait for signals, brokers and other processes, and a busy machine may make one miss its moment:
 * then it is lived once more. The loops and the scripted day, which look for lost samples, get no second try.
 */
export const BAD_DAY = { timeout: LIMIT_MS, retry: 1 }

const TAGS = 12
const PIECE_MS = 5 * MINUTE_MS
const WARN = 40

/** A site with two hours of history, nothing of it copied and no daemon started. */
export async function openSite(context: TestContext, options: Partial<SyncSiteOptions> = {}): Promise<SyncSite> {
  const site = await SyncSite.open({
    log: { kind: 'embedded' },
    tags: TAGS,
    flags: ['--log-level', 'info'],
    ...options,
  })
  context.onTestFinished(() => site.close())
  site.plant.step(2 * HOUR_MS)
  return site
}

/** The same with a daemon that has copied all of it, and follows. */
export async function openRunning(context: TestContext, options: Partial<SyncSiteOptions> = {}): Promise<SyncSite> {
  const site = await openSite(context, options)
  await site.startDaemon().ready()
  await site.complete()
  return site
}

/**
 * Plant time passes while the daemon follows, so slowly that its clock, looked at by a busy machine, does not seem to
 * leap: that would cost a minute of proof.
 */
export async function liveOn(site: SyncSite, plantMs: number): Promise<void> {
  for (let leftMs = plantMs; leftMs > 0; leftMs -= PIECE_MS) await site.live(Math.min(leftMs, PIECE_MS))
}

/** Resolves when the tail has been round so many times more. */
export async function afterRounds({ daemon }: SyncSite, count: number): Promise<void> {
  const rounds = async (): Promise<number> => (await daemon.status()).historians[0]?.rounds ?? 0
  const before = await rounds()
  await daemon.until(`through ${String(count)} rounds`, async () => (await rounds()) >= before + count)
}

/** Life goes on for a while, the daemon follows, and stops when asked; the historian was only read, and politely. */
export async function endsWell(site: SyncSite): Promise<CurrentTruth> {
  await site.daemon.ready()
  await liveOn(site, 20 * MINUTE_MS)
  await site.complete()
  expect(await site.daemon.readiness()).toMatchObject({ isReady: true })
  expect(await site.daemon.stop()).toMatchObject({ code: 0, signal: null })
  return expectExact(site)
}

export async function expectExact(site: SyncSite): Promise<CurrentTruth> {
  const { truth, comparison } = await site.compare()
  expect(comparison).toMatchObject({ missing: 0, extra: 0, examples: [] })
  expect(comparison.expected).toBeGreaterThan(0)
  expect(truth.violations).toEqual([])
  const { writes, peakPerSecond } = site.simulator.counters()
  expect(writes).toBe(0)
  expect(peakPerSecond).toBeLessThanOrEqual(REQUESTS_PER_SECOND)
  return truth
}

/** What it warned of, by its messages, in order. */
export function warnings({ daemon }: SyncSite): string[] {
  return warningLines(daemon.logged).map(({ msg }) => msg)
}

export function warningLines(lines: readonly LogLine[]): readonly LogLine[] {
  return lines.filter(({ level }) => level >= WARN)
}

/** Resolves when the historian was asked so many times more, answered or not. */
export async function whenAsked({ daemon, simulator }: SyncSite, count: number): Promise<void> {
  const asked = (): number => simulator.counters().requests
  const before = asked()
  await daemon.until('asking', () => Promise.resolve(asked() >= before + count))
}

/**
 * No file of the daemon may grow beyond that, as on a disk that is full; `unlimited` makes room again. Takes effect at
 * once and, unlike a small disk, needs no rights.
 */
export function limitFiles({ daemon }: SyncSite, bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(daemon.pid), `--fsize=${String(bytes)}:`])
}
