/**
 * Audit chain: everything that was decided, in order, each event holding the hash of the one before it. One chain per
 * bridge over all its workloads; `seq` counts from 1 without a gap.
 *
 * An event is one line of canonical JSON, and its hash is that of all its other fields, so no byte of a line can change
 * unseen, and no line can be left out, added or moved. What a chain cannot tell by itself is that its last lines are
 * missing, or that all of it was written anew: for that somebody must hold a later hash, as the audit topic does.
 */
import { BanyanError, messageOf } from '../domain/errors.ts'
import { PHASES, type Phase } from '../domain/workload.ts'
import { canonicalJson, parseCanonicalJson, sha256Hex } from './canonical-json.ts'
import { count, name, object, oneOf, orNull, percent, recordFrom, sha256, text, time } from './decode.ts'
import { decodeRecordedEvent } from './decode-event.ts'
import { CUTOVER_ACTIONS, type CutoverAction } from './events.ts'

/** What is to be recorded; its place in the chain is added. */
export interface AuditDraft {
  /** By the bridge's clock, RFC 3339. */
  readonly at: string
  readonly workload: string
  readonly actor: string
  readonly action: CutoverAction
  /** Phase before it; phase, percent of the consumers served from the log, and epoch after it. */
  readonly from: Phase
  readonly to: Phase
  readonly percent: number
  readonly epoch: number
  /** The rules it was judged by. */
  readonly policyHash: string
  /** The evidence it rests on. */
  readonly manifestHash: string | null
  readonly reason: string | null
  /** Of the action; plain JSON. */
  readonly detail: Readonly<Record<string, unknown>>
}

export interface AuditEvent extends AuditDraft {
  readonly v: 1
  readonly seq: number
  readonly prevHash: string
  readonly hash: string
}

/** A place in the chain. */
export type ChainLink = Pick<AuditEvent, 'seq' | 'hash'>

/** What the first event follows. */
const GENESIS: ChainLink = { seq: 0, hash: '0'.repeat(64) }

/** A line must fit into a message of the audit topic: Kafka's default limit is 1 MiB. */
export const AUDIT_LINE_BYTES_MAX = 900_000

const decodeFields = object<AuditEvent>({
  v: oneOf([1]),
  seq: count,
  prevHash: sha256,
  at: time,
  workload: name,
  actor: name,
  action: oneOf(CUTOVER_ACTIONS),
  from: oneOf(PHASES),
  to: oneOf(PHASES),
  percent,
  epoch: count,
  policyHash: sha256,
  manifestHash: orNull(sha256),
  reason: orNull(text),
  detail: recordFrom,
  hash: sha256,
})

/** The event that follows `previous`; undefined begins a chain. Throws BANYAN_USAGE for what could not be read again. */
export function nextLink(previous: ChainLink | undefined, draft: AuditDraft): AuditEvent {
  const { seq, hash } = previous ?? GENESIS
  const body = { ...draft, v: 1, seq: seq + 1, prevHash: hash } as const
  try {
    const line = encodeAuditEvent({ ...body, hash: sha256Hex(canonicalJson(body)) })
    if (Buffer.byteLength(line) > AUDIT_LINE_BYTES_MAX) throw new RangeError('it is too long')
    const event = decodeAuditEvent(line)
    // Also the detail: an event that the reducer cannot read would end the workload's history.
    decodeRecordedEvent(event, 'event')
    return event
  } catch (cause) {
    throw new BanyanError('BANYAN_USAGE', `this cannot be recorded for ${draft.workload}: ${messageOf(cause)}`, {
      hint: 'Shorten the reason or the names in it; nothing was changed.',
      context: { workload: draft.workload, action: draft.action },
      cause,
    })
  }
}

/** One line, without the line break. */
export function encodeAuditEvent(event: AuditEvent): string {
  return canonicalJson(event)
}

/** Throws RangeError unless the line is the canonical text of an event that has its own hash. */
export function decodeAuditEvent(line: string): AuditEvent {
  const event = decodeFields(parseCanonicalJson(line), 'event')
  const { hash, ...body } = event
  if (sha256Hex(canonicalJson(body)) !== hash) throw new RangeError('its content does not have its hash')
  return event
}

/** Follows a chain from its first line. */
export class ChainCheck {
  #head = GENESIS

  /** The last link; undefined before the first line. */
  get head(): ChainLink | undefined {
    return this.#head === GENESIS ? undefined : this.#head
  }

  /** The event on the next line. Throws RangeError when it does not follow; the check is over then. */
  add(line: string): AuditEvent {
    const event = decodeAuditEvent(line)
    if (event.seq !== this.#head.seq + 1) throw new RangeError(`event ${event.seq} follows event ${this.#head.seq}`)
    if (event.prevHash !== this.#head.hash) throw new RangeError(`event ${event.seq} follows another event than this`)
    this.#head = { seq: event.seq, hash: event.hash }
    return event
  }
}

export type ChainVerdict =
  | { readonly ok: true; readonly events: number; readonly head: ChainLink | undefined }
  | {
      readonly ok: false
      /** Events before the first that is wrong. */
      readonly events: number
      /** Line of the first that is wrong or missing, from 1. */
      readonly firstBad: number
      readonly reason: string
    }

/** `known`: a link somebody else has kept; without it, missing last lines are not noticed. */
export function verifyChain(lines: Iterable<string>, known?: ChainLink): ChainVerdict {
  const check = new ChainCheck()
  let events = 0
  try {
    for (const line of lines) {
      const { seq, hash } = check.add(line)
      if (seq === known?.seq && hash !== known.hash) throw new RangeError(`event ${seq} is not the one that is known`)
      events += 1
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return { ok: false, events, firstBad: events + 1, reason: error.message }
  }
  if (known !== undefined && events < known.seq) {
    return { ok: false, events, firstBad: events + 1, reason: `the chain ends before event ${known.seq}` }
  }
  return { ok: true, events, head: check.head }
}
