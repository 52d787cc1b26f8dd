import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifyBundle } from '../../src/cutover/bundle.ts'
import type { BundleVerdict } from '../../src/cutover/bundle.ts'
import { canonicalJson } from '../../src/cutover/canonical-json.ts'
import { manifestHash, type EvidenceManifest } from '../../src/cutover/manifest.ts'
import {
  bundleTexts,
  contentsOf,
  forged,
  hour,
  liveSite,
  sumOf,
  type BundleTexts,
  type Site,
} from './evidence-fixture.ts'

const SITE = liveSite()
const TEXTS = bundleTexts(SITE)
const FILES = ['index', 'manifest', 'cells', 'audit'] as const satisfies readonly (keyof BundleTexts)[]
const ADVANCE = SITE.events.findLast(({ action }) => action === 'advance')!

function whatOf({ differences }: BundleVerdict): string[] {
  return differences.map(({ file, what }) => `${file}: ${what}`)
}

/** A bundle in which everything agrees but what is given: somebody rewrote it, hashes and all. */
async function verifyForged(changes: { manifest?: Partial<EvidenceManifest>; site?: Partial<Site> }) {
  const manifest = { ...SITE.manifest, ...changes.manifest }
  const events = forged(changes.site?.events ?? SITE.events, ADVANCE.seq, { manifestHash: manifestHash(manifest) })
  return verifyBundle(contentsOf(bundleTexts({ ...SITE, ...changes.site, manifest, events })))
}

describe('verifyBundle', () => {
  it('finds nothing wrong with an honest bundle, and derives the decision from it', async () => {
    expect(await verifyBundle(contentsOf(TEXTS))).toEqual({ ok: true, differences: [] })
    const { seq, hash } = SITE.events[3]!
    expect(await verifyBundle(contentsOf(TEXTS), { seq, hash })).toEqual({ ok: true, differences: [] })
  })

  it('reads files in pieces of any size', async () => {
    async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
      const bytes = Buffer.from(text)
      // One buffer for all pieces, as a stream may have it.
      const piece = Buffer.alloc(size)
      for (let from = 0; from < bytes.length; from += size) {
        const length = bytes.copy(piece, 0, from, from + size)
        yield piece.subarray(0, length)
      }
    }
    for (const size of [1, 7, 4096]) {
      const index = pieces(TEXTS.index, size)
      const [manifest, cells, audit] = [TEXTS.manifest, TEXTS.cells, TEXTS.audit].map((text) => pieces(text, size))
      const files = { 'manifest.json': manifest!, 'cells.ndjson': cells!, 'audit.ndjson': audit! }
      expect(await verifyBundle({ index, files })).toEqual({ ok: true, differences: [] })
    }
  })

  it('finds any changed byte of any file', async () => {
    const place = fc.constantFrom(...FILES).chain((file) =>
      fc.record({
        file: fc.constant(file),
        at: fc.nat({ max: Buffer.byteLength(TEXTS[file]) - 1 }),
        xor: fc.integer({ min: 1, max: 255 }),
      }),
    )
    await fc.assert(
      fc.asyncProperty(place, async ({ file, at, xor }) => {
        const bytes = Buffer.from(TEXTS[file])
        bytes[at] = bytes[at]! ^ xor
        const verdict = await verifyBundle(contentsOf({ ...TEXTS, [file]: bytes }))
        expect(verdict.ok).toBe(false)
      }),
      { numRuns: 600 },
    )
  })

  it('finds a byte too many or too few at the end of any file', async () => {
    for (const file of FILES) {
      for (const text of [TEXTS[file].slice(0, -1), `${TEXTS[file]}\n`, `${TEXTS[file]} `, '']) {
        const verdict = await verifyBundle(contentsOf({ ...TEXTS, [file]: text }))
        expect(verdict.ok, `${file} ending in ${JSON.stringify(text.slice(-20))}`).toBe(false)
      }
    }
  })

  it('sums the cells up again, and does not believe the manifest', async () => {
    const older = SITE.cells.map((cell, i) => (i === 3 ? { ...cell, look: 40 } : cell))
    expect(whatOf(await verifyForged({ site: { cells: older } }))).toEqual(['manifest.json: cells'])
    const red = SITE.cells.map((cell, i) => (i === 0 ? { ...cell, verdict: 'mismatch' as const } : cell))
    expect(whatOf(await verifyForged({ site: { cells: red } }))).toEqual(['manifest.json: cells'])
  })

  it('asks the gates again: a look before the request is no proof, whatever was recorded', async () => {
    const cells = SITE.cells.map((cell, i) => (i === 3 ? { ...cell, look: 40 } : cell))
    const verdict = await verifyForged({ site: { cells }, manifest: { cells: sumOf(cells) } })
    expect(verdict.differences).toEqual([
      { file: 'audit.ndjson', what: 'outcome', expected: 'unknown', found: 'pass' },
      expect.objectContaining({ file: 'audit.ndjson', what: 'gates' }),
    ])
  })

  it('refuses cells that were left out, repeated or put elsewhere', async () => {
    const [first, second, ...rest] = SITE.cells
    const arrangements = [
      [first!, ...rest],
      [first!, first!, second!, ...rest],
      [second!, first!, ...rest],
      [...rest, first!, second!],
    ]
    for (const cells of arrangements) {
      const verdict = await verifyForged({ site: { cells } })
      expect(whatOf(verdict)).toContain('cells.ndjson: content')
    }
  })

  it('takes where the workload stood from the chain', async () => {
    const { manifest } = SITE
    const claims: [Partial<EvidenceManifest>, string][] = [
      [{ phase: 'live' }, 'phase'],
      [{ phaseSince: hour(1) }, 'phaseSince'],
      [{ drill: { at: hour(160), seconds: 1 } }, 'drill'],
      [{ approvals: [...manifest.approvals, { ...manifest.approvals[0]!, actor: 'carla' }] }, 'approvals'],
      [{ request: { ...manifest.request!, lookFence: 1 } }, 'request'],
      [{ streak: { since: '2020-01-01T00:00:00Z', greenWindows: 9 } }, 'streak.since'],
      [{ target: { ...manifest.target, epoch: 2 } }, 'target'],
      [{ waivers: [{ ...manifest.waivers[0]!, expiry: hour(2_000) }] }, 'waiver 7'],
      [{ policy: { ...manifest.policy, canarySteps: [1] } }, 'policy.canarySteps'],
      [{ workload: 'another-workload' }, 'workload'],
    ]
    for (const [claim, what] of claims) {
      expect(whatOf(await verifyForged({ manifest: claim }))).toContain(`manifest.json: ${what}`)
    }
  })

  it('refuses a policy that is not the one the event names', async () => {
    const policy = { ...SITE.manifest.policy, maxUpperRate: 1 }
    expect(whatOf(await verifyForged({ manifest: { policy } }))).toEqual(['audit.ndjson: policyHash'])
  })

  it('refuses evidence that the event does not name', async () => {
    const manifest = { ...SITE.manifest, build: '9.9.9' }
    const verdict = await verifyBundle(contentsOf(bundleTexts({ ...SITE, manifest })))
    expect(whatOf(verdict)).toEqual(['audit.ndjson: manifestHash'])
  })

  it('refuses a history that the machine would not have gone through', async () => {
    const approval = SITE.events.find(({ action }) => action === 'approve')!
    const events = forged(SITE.events, approval.seq, { manifestHash: null })
    expect(whatOf(await verifyForged({ site: { events } }))).toContain('audit.ndjson: history')
  })

  it('refuses an event that is no advance of this workload', async () => {
    for (const seq of [2, ADVANCE.seq + 1, 999]) {
      const index = `${canonicalJson({ ...(JSON.parse(TEXTS.index) as object), event: seq })}\n`
      expect(whatOf(await verifyBundle(contentsOf({ ...TEXTS, index })))).toEqual(['bundle.json: event'])
    }
  })

  it('finds a bundle written anew by a link that is known from elsewhere', async () => {
    const { seq, hash } = ADVANCE
    const events = forged(SITE.events, 1, { reason: 'never happened' })
    const contents = contentsOf(bundleTexts({ ...SITE, events }))
    expect(await verifyBundle(contents)).toEqual({ ok: true, differences: [] })
    const again = contentsOf(bundleTexts({ ...SITE, events }))
    expect(whatOf(await verifyBundle(again, { seq, hash }))).toEqual([`audit.ndjson: hash of event ${seq}`])
    expect(whatOf(await verifyBundle(contentsOf(TEXTS), { seq: 999, hash }))).toEqual([
      'audit.ndjson: hash of event 999',
    ])
  })

  it('does not read over bytes that other readers would pass over', async () => {
    const mark = Buffer.of(0xef, 0xbb, 0xbf)
    const index = Buffer.concat([mark, Buffer.from(TEXTS.index)])
    expect(whatOf(await verifyBundle(contentsOf({ ...TEXTS, index })))).toEqual(['bundle.json: content'])
    const reason = Buffer.from(TEXTS.index.replace('boiler', '\ufffd'))
    reason[reason.indexOf(0xef)] = 0xf0
    const verdict = await verifyBundle(contentsOf({ ...TEXTS, index: reason }))
    expect(verdict.differences[0]?.found).toBe('line 1: not UTF-8')
  })

  it('answers for any bytes, and throws what reading them throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...FILES), fc.uint8Array({ maxLength: 200 }), async (file, bytes) => {
        expect((await verifyBundle(contentsOf({ ...TEXTS, [file]: bytes }))).ok).toBe(false)
      }),
      { numRuns: 100 },
    )
    const broken: Iterable<Uint8Array> = {
      [Symbol.iterator]: () => {
        throw new Error('disk on fire')
      },
    }
    await expect(verifyBundle({ ...contentsOf(TEXTS), index: broken })).rejects.toThrow('disk on fire')
  })

  it('holds no more of a line than a line may have', async () => {
    function* endless(): Generator<Uint8Array> {
      for (;;) yield Buffer.alloc(10_000, 'x')
    }
    const contents = contentsOf(TEXTS)
    const verdict = await verifyBundle({ ...contents, files: { ...contents.files, 'cells.ndjson': endless() } })
    expect(verdict.differences[0]).toMatchObject({ file: 'cells.ndjson', found: 'line 1 is longer than 32768 bytes' })
  })
})
