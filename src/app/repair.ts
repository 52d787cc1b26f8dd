/**
 * Repair in the foreground: under the lease, with the log open for writing.
 *
 * Where the log was found to have lost records, the cells are folded anew first: they still hold what the records once
 * added, and nothing compared with them shows that it is missing.
 */
import type { TagId } from '../domain/tag-id.ts'
import { BanyanError } from '../domain/errors.ts'
import { TICKS_PER_MS } from '../domain/ticks.ts'
import type { LogPlan } from '../log/log.ts'
import { rebuild } from '../project/projector.ts'
import type { Store } from '../store/store.ts'
import type { Bridge } from './bridge.ts'
import { withLease } from './lease.ts'
import { LogSession } from './log-session.ts'
import type { RepairWindows } from './repair-plan.ts'
import { repairWindows, type RepairOptions, type RepairPhase, type RepairReport } from './repair-run.ts'
import { refuseBesideDaemon } from './refuse-beside-daemon.ts'
import { listSelected } from './selection.ts'
import { prepareTarget } from './target.ts'

const BESIDE_DAEMON =
  'With "repair: auto" it mends by itself what its sweeps find. For what lies beyond their look-back, stop it, run this command, and start it again: it goes on where it was.'

/** Throws BANYAN_LEASE_HELD when another process writes. */
export async function runRepair(
  bridge: Bridge,
  options: RepairOptions,
  onProgress: (phase: RepairPhase | 'fold') => void,
  signal: AbortSignal,
): Promise<RepairReport> {
  const store = await bridge.store()
  refuseBesideDaemon(store, BESIDE_DAEMON)
  const log = await bridge.log()
  const cellWidth = BigInt(bridge.config.parity.cellMs) * TICKS_PER_MS
  const onShortfall = ({ message }: Error): void => {
    bridge.logger.warn({ component: 'repair', error: message }, 'the log lacks samples it acknowledged')
  }
  const onExcess = ({ message }: Error): void => {
    bridge.logger.warn({ component: 'repair', error: message }, 'the log holds more samples than it acknowledged')
  }
  const holder = `banyan repair of ${bridge.config.bridge}`
  return withLease(store, holder, bridge.logger, signal, async (lease, held) => {
    store.jobs.interruptOrphans(lease)
    const plan = logPlanOf(options.windows)
    if (plan !== undefined) await prepareTarget(log, store, plan, held)
    onProgress('fold')
    if (hasLostRecords(store, options.windows)) {
      // It cannot be folded anew, and what is folded would be gone.
      if (log.kind === 'embedded') throw beyondRepair()
      await rebuild(log, store, { cellWidth, onShortfall }, held)
    }
    const tolerant = { bridge, store, log, lease, onShortfall, onExcess }
    const session = await LogSession.open(tolerant, () => undefined, held)
    try {
      // Of a plan's tags none may be selected any more: that is told of each, and no misuse of this command.
      const select: Parameters<typeof repairWindows>[1]['select'] = async (_scope, selecting) => {
        const { selected, missing } = await listSelected(bridge, { lane: 'sweep' }, selecting)
        return { selected: selected.filter(({ tag }) => options.windows.has(tag.id)), missing }
      }
      const liveFrom = (tag: TagId) => session.appender.progressOf(tag)?.liveFrom
      return await repairWindows(options, { bridge, store, log, session, select, liveFrom, onProgress }, held)
    } finally {
      await session.close()
    }
  })
}

/** Whether a verification saw that the log does not show what was folded from it. */
function hasLostRecords(store: Store, windows: RepairWindows): boolean {
  return [...windows].some(([tag, ofTag]) => ofTag.some((one) => store.verdicts.logShort(tag, one).size > 0))
}

function beyondRepair(): BanyanError {
  return new BanyanError('BANYAN_LOG_CORRUPT', 'the log file has lost records, which appending to it cannot mend', {
    hint: 'Restore the file from a backup, or move it and the store away and run the backfill again.',
  })
}

function logPlanOf(windows: RepairWindows): LogPlan | undefined {
  const all = [...windows.values()].flat()
  const [first] = all
  if (first === undefined) return undefined
  let { from: oldest, until: newest } = first
  for (const { from, until } of all) {
    if (from < oldest) oldest = from
    if (until > newest) newest = until
  }
  return { oldest, newest }
}
