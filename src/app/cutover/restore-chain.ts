/**
 * RestoreChain: the decisions of a store that was lost, taken back from the audit topic. They are the bridge's own; no
 * historian and no sample tells them. What a manifest named by them held is gone with the store.
 */
import { decodeAuditEvent, type AuditEvent } from '../../cutover/audit-chain.ts'
import { BanyanError } from '../../domain/errors.ts'
import type { SampleLog } from '../../log/log.ts'
import type { Store } from '../../store/store.ts'

/**
 * Appends what the topic has beyond the end of the store's chain, and answers how many events that are. An event that
 * stands there twice counts once. Throws BANYAN_LOG_CORRUPT when the topic contradicts the store or itself: then it is
 * for somebody to find out which of them is genuine.
 */
export async function restoreChain(log: SampleLog, store: Store, signal: AbortSignal): Promise<number> {
  let restored = 0
  for await (const { value } of log.readSide('audit', signal)) {
    const event = decoded(value)
    const { seq, hash, prevHash, workload } = event
    // In the transaction: another process may be doing the same.
    const added = store.cutoverEvents.append((head = { seq: 0, hash: prevHash }) => {
      if (seq <= head.seq) {
        const [known] = store.cutoverEvents.list({ afterSeq: seq - 1, limit: 1 })
        if (known?.hash !== hash) throw contradiction(event, `the store has another event ${seq}`)
        return undefined
      }
      if (seq !== head.seq + 1) throw contradiction(event, `event ${head.seq + 1} is missing`)
      if (prevHash !== head.hash) throw contradiction(event, 'it follows another event')
      return { seq, hash, prevHash, workload, line: value }
    })
    if (added !== undefined) restored += 1
    store.cutoverEvents.markPublished([seq])
  }
  return restored
}

function decoded(line: string): AuditEvent {
  try {
    return decodeAuditEvent(line)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new BanyanError('BANYAN_LOG_CORRUPT', `the audit topic holds what is no event: ${cause.message}`, {
      hint: 'Something else than Banyan wrote there, or changed it: find out what, before decisions are taken on it.',
      cause,
    })
  }
}

function contradiction({ seq, workload }: AuditEvent, why: string): BanyanError {
  return new BanyanError('BANYAN_LOG_CORRUPT', `event ${seq} of the audit topic does not fit: ${why}`, {
    hint: 'Compare both with an exported bundle: it names the hash of every event. Is this log another bridge’s?',
    context: { seq, workload },
  })
}
