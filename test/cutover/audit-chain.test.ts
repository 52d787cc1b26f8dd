import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeAuditEvent,
  encodeAuditEvent,
  nextLink,
  verifyChain,
  type AuditDraft,
  type AuditEvent,
} from '../../src/cutover/audit-chain.ts'
import { canonicalJson, sha256Hex } from '../../src/cutover/canonical-json.ts'
import { forged, liveSite, without } from './evidence-fixture.ts'

const EVENTS = liveSite().events
const LINES = EVENTS.map(encodeAuditEvent)
const LAST = EVENTS.at(-1)!

const DRAFT: AuditDraft = {
  at: '2024-05-01T06:00:00.000Z',
  workload: 'boiler-dashboard',
  actor: 'anna',
  action: 'freeze',
  from: 'live',
  to: 'live',
  percent: 100,
  epoch: 1,
  policyHash: sha256Hex('policy'),
  manifestHash: null,
  reason: 'turnaround',
  detail: {},
}

describe('nextLink', () => {
  it('begins at one, and holds the hash of the one before', () => {
    const first = nextLink(undefined, DRAFT)
    expect(first).toMatchObject({ v: 1, seq: 1, prevHash: '0'.repeat(64) })
    expect(nextLink(first, DRAFT)).toMatchObject({ seq: 2, prevHash: first.hash })
  })

  it('hashes the canonical text of everything else', () => {
    const { hash, ...body } = nextLink(undefined, DRAFT)
    expect(hash).toBe(sha256Hex(canonicalJson(body)))
  })

  it('refuses what could not be read again', () => {
    const deep = JSON.parse(`${'['.repeat(50)}${']'.repeat(50)}`) as unknown
    const drafts: Partial<AuditDraft>[] = [
      { reason: 'x'.repeat(5_000) },
      { actor: ' ' },
      { percent: 101 },
      { at: 'yesterday' },
      { action: 'drill', detail: { seconds: Number.NaN } },
      { action: 'drill', detail: {} },
      { detail: { at: undefined } },
      { detail: { deep } },
      { detail: { long: 'x'.repeat(1_000_000) } },
      { detail: { more: 'than a freeze has' } },
    ]
    for (const changes of drafts) {
      expect(() => nextLink(undefined, { ...DRAFT, ...changes })).toThrow(/cannot be recorded for boiler-dashboard/)
    }
  })

  it('gives back whatever it records', () => {
    const draft = fc.record({
      reason: fc.option(fc.string({ unit: 'binary', maxLength: 100 })),
      actor: fc.string({ unit: 'binary', maxLength: 100 }).filter((actor) => actor.trim() !== ''),
      detail: fc.record({ seconds: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }) }),
    })
    fc.assert(
      fc.property(draft, (changes) => {
        const event = nextLink(undefined, { ...DRAFT, action: 'drill', ...changes })
        expect(canonicalJson(decodeAuditEvent(encodeAuditEvent(event)))).toBe(canonicalJson(event))
      }),
    )
  })
})

describe('decodeAuditEvent', () => {
  it('demands every field and no other', () => {
    for (const key of Object.keys(LAST)) {
      expect(() => decodeAuditEvent(without(LAST, key)), key).toThrow(`event.${key} is missing`)
    }
    expect(() => decodeAuditEvent(canonicalJson({ ...LAST, note: 1 }))).toThrow('event.note is not a field')
  })

  it('demands the canonical text', () => {
    const line = encodeAuditEvent(LAST)
    for (const other of [` ${line}`, line.replace(',', ', '), JSON.stringify(LAST), line.replace('"v":1', '"v":1.0')]) {
      expect(() => decodeAuditEvent(other)).toThrow('not in canonical form')
    }
  })
})

describe('verifyChain', () => {
  it('follows a whole chain, and an empty one', () => {
    const head = { seq: LAST.seq, hash: LAST.hash }
    expect(verifyChain(LINES)).toEqual({ ok: true, events: EVENTS.length, head })
    expect(verifyChain(LINES, head)).toEqual({ ok: true, events: EVENTS.length, head })
    expect(verifyChain([])).toEqual({ ok: true, events: 0, head: undefined })
  })

  it('finds any changed character, at its line', () => {
    const place = fc
      .nat({ max: LINES.length - 1 })
      .chain((line) =>
        fc.tuple(
          fc.constant(line),
          fc.nat({ max: LINES[line]!.length - 1 }),
          fc.string({ minLength: 1, maxLength: 1 }),
        ),
      )
    fc.assert(
      fc.property(place, ([line, at, character]) => {
        const text = LINES[line]!
        fc.pre(text[at] !== character)
        const changed = LINES.with(line, `${text.slice(0, at)}${character}${text.slice(at + 1)}`)
        expect(verifyChain(changed)).toMatchObject({ ok: false, events: line, firstBad: line + 1 })
      }),
      { numRuns: 500 },
    )
  })

  it('finds lines that were left out, repeated or moved, and a beginning that is missing', () => {
    const gap = LINES.toSpliced(4, 1)
    expect(verifyChain(gap)).toMatchObject({ ok: false, firstBad: 5, reason: 'event 6 follows event 4' })
    expect(verifyChain(LINES.toSpliced(4, 0, LINES[4]!))).toMatchObject({ ok: false, firstBad: 6 })
    expect(verifyChain(LINES.with(3, LINES[4]!).with(4, LINES[3]!))).toMatchObject({ ok: false, firstBad: 4 })
    expect(verifyChain(LINES.slice(1))).toMatchObject({ ok: false, firstBad: 1 })
  })

  it('finds an event that was changed together with its own hash', () => {
    const changed: AuditEvent[] = forged(EVENTS, 5, { actor: 'mallory' })
    const lines = LINES.with(4, encodeAuditEvent(changed[4]!))
    expect(verifyChain(lines)).toMatchObject({
      ok: false,
      firstBad: 6,
      reason: 'event 6 follows another event than this',
    })
  })

  it('finds a missing end, and a chain written anew, only by a link that is known', () => {
    const known = { seq: LAST.seq, hash: LAST.hash }
    const short = LINES.slice(0, -2)
    expect(verifyChain(short)).toMatchObject({ ok: true })
    expect(verifyChain(short, known)).toMatchObject({ ok: false, firstBad: LINES.length - 1 })
    const anew = forged(EVENTS, 5, { actor: 'mallory' }).map(encodeAuditEvent)
    expect(verifyChain(anew)).toMatchObject({ ok: true })
    expect(verifyChain(anew, known)).toMatchObject({
      ok: false,
      firstBad: LAST.seq,
      reason: `event ${LAST.seq} is not the one that is known`,
    })
  })
})
