/** Events of a chain, reduced to what the store looks at. */
import { createHash } from 'node:crypto'
import type { CutoverHead, NewCutoverEvent } from '../../src/store/cutover-events.ts'

export const GENESIS = '0'.repeat(64)

export function chainEvent(head: CutoverHead | undefined, workload: string, note = ''): NewCutoverEvent {
  const body = { note, prevHash: head?.hash ?? GENESIS, seq: (head?.seq ?? 0) + 1, workload }
  const hash = createHash('sha256').update(JSON.stringify(body)).digest('hex')
  return { ...body, hash, line: JSON.stringify({ hash, ...body }) }
}
