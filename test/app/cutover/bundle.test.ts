/** What is exported proves the move to somebody who has nothing but the folder. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import fc from 'fast-check'
import { ChainCheck, type ChainLink } from '../../../src/cutover/audit-chain.ts'
import { verifyBundle, type BundleVerdict } from '../../../src/cutover/bundle.ts'
import { CutoverSite, decided, never } from './cutover-site.ts'

const FILES = ['manifest.json', 'cells.ndjson', 'audit.ndjson'] as const

function verify(files: ReadonlyMap<string, Uint8Array>, known?: ChainLink): Promise<BundleVerdict> {
  const bytes = (name: string): Uint8Array[] => [files.get(name)!]
  return verifyBundle(
    {
      index: bytes('bundle.json'),
      files: {
        'manifest.json': bytes('manifest.json'),
        'cells.ndjson': bytes('cells.ndjson'),
        'audit.ndjson': bytes('audit.ndjson'),
      },
    },
    known,
  )
}

function read(folder: string): Map<string, Uint8Array> {
  return new Map([...FILES, 'bundle.json'].map((name) => [name, readFileSync(join(folder, name))]))
}

it('a bundle is verified with nothing but its files, and any changed byte is found', { timeout: 60_000 }, async () => {
  const site = await CutoverSite.open()
  await site.shadowing()
  const canary = decided(await site.step(), 'canary')
  const folder = join(site.folder, 'evidence')
  const exported = await site.desk.exportEvidence('boiler', { folder })
  expect(exported).toMatchObject({ event: canary.event.seq, manifestHash: canary.event.manifestHash })
  expect(readdirSync(folder).sort()).toEqual([...exported.files].sort())
  const files = read(folder)
  expect(await verify(files)).toEqual({ ok: true, differences: [] })
  // The audit topic is another place that knows the chain.
  const check = new ChainCheck()
  for (const line of await site.audit()) check.add(line)
  expect(await verify(files, check.head)).toEqual({ ok: true, differences: [] })
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...files.keys()),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (name, at, by) => {
        const bytes = Uint8Array.from(files.get(name)!)
        const place = at % bytes.length
        bytes[place] = (bytes[place] ?? 0) ^ by
        expect((await verify(new Map([...files, [name, bytes]]))).ok).toBe(false)
      },
    ),
    { numRuns: 100 },
  )
})

it('an earlier step is proven as well, and one under a waiver', { timeout: 60_000 }, async () => {
  const site = await CutoverSite.open()
  await site.shadowing()
  const [shadowing] = site.desk.history('boiler').filter(({ to }) => to === 'shadowing')
  site.simulator.historian.edit('FLOW', site.from, 0, -1)
  await site.step()
  const window = { from: site.from, until: (site.from + 36_000_000_000n) as typeof site.from }
  const order = { tag: 'FLOW', window, expiresAtMs: Date.now() + 3_600_000 }
  decided(await site.desk.waive('boiler', order, { actor: 'ada', reason: 'known' }, never))
  decided(await site.desk.advance('boiler', { actor: 'ada' }, never), 'canary')
  for (const [name, event] of [['early', shadowing!.seq] as const, ['late', undefined] as const]) {
    const folder = join(site.folder, name)
    await site.desk.exportEvidence('boiler', { event, folder })
    expect(await verify(read(folder))).toEqual({ ok: true, differences: [] })
  }
})

it('writes over nothing, and proves nothing that rests on no evidence', async () => {
  const site = await CutoverSite.open()
  await site.backfill()
  const folder = join(site.folder, 'evidence')
  decided(await site.desk.advance('boiler', { actor: 'banyan' }, never), 'backfilling')
  await expect(site.desk.exportEvidence('boiler', { folder })).rejects.toThrow('no step on evidence')
  const [first] = site.desk.history('boiler').filter(({ action }) => action === 'advance')
  await expect(site.desk.exportEvidence('boiler', { folder, event: first!.seq })).rejects.toThrow(
    'rests on no evidence',
  )
  await expect(site.desk.exportEvidence('boiler', { folder, event: 1 })).rejects.toThrow('no advance')
})

it('a folder that holds anything is left alone', async () => {
  const site = await CutoverSite.open()
  await site.shadowing()
  decided(await site.step())
  writeFileSync(join(site.folder, 'precious'), 'x')
  await expect(site.desk.exportEvidence('boiler', { folder: site.folder })).rejects.toThrow('not empty')
  expect(readdirSync(site.folder)).not.toContain('bundle.json')
})
