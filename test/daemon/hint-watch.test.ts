import { expect, it, vi } from 'vitest'
import { HintWatch } from '../../src/daemon/hint-watch.ts'
import { ticks, TICKS_PER_SECOND } from '../../src/domain/ticks.ts'
import type { Hint } from '../../src/source/source.ts'
import type { DirtyTag } from '../../src/store/dirty.ts'
import { MemorySource, testTag } from '../harness/memory-source.ts'
import { markedTags } from '../store/marked-tags.ts'
import { openTemporaryStore, temporaryFile } from '../store/temporary-store.ts'

const TAG = testTag(1)
const at = (second: number) => ticks(BigInt(second) * TICKS_PER_SECOND)

async function marksAfter(hints: readonly Hint[]): Promise<DirtyTag[]> {
  const store = openTemporaryStore(temporaryFile())
  store.coverage.save([[TAG.id, { covered: [{ from: at(0), until: at(10_000) }], samples: 0 }]])
  const source = new MemorySource()
  const watch = new HintWatch(source, store)
  const stop = new AbortController()
  const watching = watch.watch([TAG], stop.signal).catch(() => undefined)
  await vi.waitUntil(() => source.isListenedTo)
  source.hint(...hints)
  await vi.waitUntil(() => watch.received === hints.length)
  stop.abort(new Error('stop'))
  await watching
  return markedTags(store, 'test')
}

it('marks the place of a change behind the tail, and only that', async () => {
  const [marked] = await marksAfter([
    { tag: TAG.id, change: 'changed', at: at(500) },
    { tag: TAG.id, change: 'added', at: at(9_999) },
    { tag: TAG.id, change: 'changed', at: at(20_000) },
  ])
  expect(marked).toMatchObject({ tag: TAG.id, windows: [{ from: at(500), until: ticks(at(500) + 1n) }] })
})

it('marks nothing that nobody has copied', async () => {
  const marked = await marksAfter([
    { tag: TAG.id, change: 'changed', at: at(-1) },
    { tag: TAG.id, change: 'changed', at: at(10_000) },
  ])
  expect(marked).toEqual([])
})

it('looks again at the last hour when notices were lost', async () => {
  const [marked] = await marksAfter([{ tag: TAG.id, change: 'unknown', at: undefined }])
  expect(marked?.windows).toEqual([{ from: at(6_400), until: at(10_000) }])
})

it('gives up quietly on a historian that offers none, and only then', async () => {
  const source = new MemorySource()
  source.offersHints = false
  const watch = new HintWatch(source, openTemporaryStore(temporaryFile()))
  await watch.watch([TAG], new AbortController().signal)
  expect(watch.isOffered).toBe(false)
  expect(watch.received).toBeUndefined()
})
