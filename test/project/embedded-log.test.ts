import { expect, onTestFinished, test } from 'vitest'
import { hashSample } from '../../src/domain/digest.ts'
import type { Sample } from '../../src/domain/sample.ts'
import { parseTagId } from '../../src/domain/tag-id.ts'
import { ticks } from '../../src/domain/ticks.ts'
import { openEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import { project } from '../../src/project/projector.ts'
import { openTemporaryStore, temporaryFile } from '../store/temporary-store.ts'

test('what the embedded log acknowledged is what is folded from it, tag by tag and bit by bit', async () => {
  const never = new AbortController().signal
  const log = openEmbeddedLog({ file: temporaryFile('log.db'), partitions: 3, bridge: 'test' })
  onTestFinished(() => log.close())
  await log.create(never)
  const writer = await log.openWriter(0, never)
  const store = openTemporaryStore(temporaryFile())
  const tags = ['pi/1', 'pi/2', 'pi/3', 'pi/4'].map(parseTagId)
  const samples = (from: bigint): Sample[] => [
    { type: 'float32', value: Math.fround(0.1), status: 0, flags: 1, ticks: ticks(from), ord: 0 },
    { type: 'float64', value: -0, status: 0, flags: 0, ticks: ticks(from), ord: 1 },
    { type: 'uint64', value: 2n ** 64n - 1n, status: 0, flags: 0, ticks: ticks(from + 1n), ord: 0 },
    {
      type: 'state',
      value: { code: 254, name: 'Arrêt' },
      status: 0x809d0000,
      flags: 0,
      ticks: ticks(from + 9n),
      ord: 0,
    },
  ]
  // Newest first, as a backfill does; folded after every append.
  for (const from of [20n, 10n, 0n]) {
    const covers = { from: ticks(from), until: ticks(from + 10n) }
    await writer.append(tags.map((tag) => ({ tag, source: 'pi-web-api', covers, samples: samples(from) })))
    store.coverage.save(writer.tags)
    await project(log, store, { cellWidth: 10n }, never)
  }
  expect(store.cells.foldedSamples()).toEqual(new Map([...writer.tags].map(([tag, p]) => [tag, p.samples])))
  for (const tag of tags) {
    const cells = store.cells.read(tag, { from: ticks(0n), until: ticks(30n) })
    expect(cells.map(({ window }) => window.from)).toEqual([0n, 10n, 20n])
    for (const { window, digest, minTicks, maxTicks } of cells) {
      const expected = samples(window.from).reduce((sum, sample) => sum + hashSample(sample), 0n)
      expect(digest).toEqual({ count: 4, sum: BigInt.asUintN(128, expected) })
      expect([minTicks, maxTicks]).toEqual([window.from, window.from + 9n])
    }
  }
})
