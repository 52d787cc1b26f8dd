/**
 * Verify in the foreground: takes the lease, so that nobody writes meanwhile, compares what a scope selects, and says
 * what that came to. It opens no writer and appends nothing: what is copied is taken from the store's copy of the
 * coverage, which never claims more than the log.
 */
import type { Coverage } from '../domain/coverage.ts'
import { BanyanError } from '../domain/errors.ts'
import { ticks, TICKS_PER_MS } from '../domain/ticks.ts'
import type { LogPlan } from '../log/log.ts'
import { project } from '../project/projector.ts'
import type { ParityReport } from '../report/model.ts'
import type { Store } from '../store/store.ts'
import type { SweepFailure } from '../verify/failed-tags.ts'
import type { Bridge } from './bridge.ts'
import { withLease } from './lease.ts'
import { buildParityReport } from './parity-report.ts'
import { refuseBesideDaemon } from './refuse-beside-daemon.ts'
import { listSelected, narrow, type Selection } from './selection.ts'
import { hasSeenLog, refuseGone } from './target.ts'
import { runVerification, type VerifyOptions, type VerifyProgress } from './verify-run.ts'

export interface VerifyReport {
  readonly report: ParityReport
  /** Tags that could not be read; their cells are inconclusive. */
  readonly failures: readonly SweepFailure[]
  /** Names the configuration lists and no historian has. */
  readonly missing: readonly string[]
  /** Cells of which the log does not show what was folded from it; 0 unless it was read. */
  readonly logShort: number
}

const EPOCH = ticks(0n)

const BESIDE_DAEMON =
  'It compares by itself, and "banyan report" shows what it found. To compare everything now, stop it, run this command, and start it again: it goes on where it was.'

/**
 * Throws BANYAN_LEASE_HELD when another process writes, BANYAN_USAGE when the store knows of nothing to compare,
 * BANYAN_LOG_UNSAFE when the log it knows of is gone. What
 * was found until it rejects is kept.
 */
export async function runVerify(
  bridge: Bridge,
  version: string,
  options: VerifyOptions,
  onProgress: (progress: VerifyProgress) => void,
  signal: AbortSignal,
): Promise<VerifyReport> {
  const store = await bridge.store()
  refuseBesideDaemon(store, BESIDE_DAEMON)
  if (!hasSeenLog(store)) throw nothingKnown(bridge.config.store)
  const log = await bridge.log()
  const cellWidth = BigInt(bridge.config.parity.cellMs) * TICKS_PER_MS
  const holder = `banyan verify of ${bridge.config.bridge}`
  return withLease(store, holder, bridge.logger, signal, async (_lease, held) => {
    const covered = store.coverage.load()
    await refuseGone(log, spanOf(covered), held)
    let folding: Promise<unknown> = Promise.resolve()
    const fold = async (folds: AbortSignal): Promise<void> => {
      const onShortfall = ({ message }: Error): void => {
        bridge.logger.warn({ component: 'verify', error: message }, 'the log lacks samples; the comparison finds which')
      }
      await project(log, store, { cellWidth, onShortfall }, folds)
    }
    const { selection, sinceLook, logShort, failures } = await runVerification(
      options,
      {
        bridge,
        store,
        log,
        select: async (scope, selecting) => {
          const listed = await listSelected(bridge, { historian: scope.historian, lane: 'verify' }, selecting)
          rememberNew(store, listed)
          return narrow(listed, scope, bridge.config.tags)
        },
        progressOf: (tag) => covered.get(tag),
        // Historians are compared side by side, and one store is folded once at a time.
        project: (folds) => {
          const folded = folding.then(() => fold(folds))
          folding = folded.catch(() => undefined)
          return folded
        },
        onProgress,
      },
      held,
    )
    const report = buildParityReport(bridge, store, { version, scope: options, selection, sinceLook })
    return { report, failures, missing: selection.missing, logShort }
  })
}

/** From the first to the last time copied; the beginning of 1970 where none is known. */
function spanOf(covered: ReadonlyMap<unknown, { readonly covered: Coverage }>): LogPlan {
  const windows = [...covered.values()].flatMap((one) => one.covered)
  return windows.reduce(
    ({ oldest, newest }, { from, until }) => ({
      oldest: from < oldest ? from : oldest,
      newest: until > newest ? until : newest,
    }),
    { oldest: windows[0]?.from ?? EPOCH, newest: windows[0]?.until ?? EPOCH },
  )
}

/**
 * A report is made from the tags the store knows: one that it does not know would be missing there, whatever was found.
 * Of those it knows nothing is said: what changed about them is for whoever acts on it.
 */
function rememberNew({ tags }: Store, { selected }: Selection): void {
  tags.save(selected.map(({ tag }) => tag).filter(({ id }) => tags.get(id) === undefined))
}

function nothingKnown(file: string): BanyanError {
  return new BanyanError('BANYAN_USAGE', 'there is nothing to compare yet: the store knows of nothing in the log', {
    hint: 'Copy something with "banyan backfill" or "banyan sync". If only the store is new: "banyan store rebuild".',
    context: { store: file },
  })
}
