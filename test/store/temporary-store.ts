/** A folder per test, kept when the test fails so that its files can be looked at. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openStore, type Store } from '../../src/store/store.ts'

export function temporaryFile(name = 'banyan.db'): string {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-store-'))
  onTestFinished(({ task }) => {
    if (task.result?.state !== 'fail') rmSync(folder, { recursive: true, force: true })
  })
  return join(folder, name)
}

export function openTemporaryStore(file: string, clock?: () => number): Store {
  const store = openStore(file, clock === undefined ? {} : { clock })
  onTestFinished(() => {
    store.close()
  })
  return store
}
