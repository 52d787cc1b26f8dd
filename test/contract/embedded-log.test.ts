import Database from 'better-sqlite3'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { openEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import { describeAmendments } from './sample-log-amendments.ts'
import { describeSampleLog, type LogTarget, type TargetShape } from './sample-log.ts'

const CHILD = fileURLToPath(new URL('../log/embedded/append-child.ts', import.meta.url))

async function newTarget({ partitions, writers }: TargetShape): Promise<LogTarget> {
  const folder = await mkdtemp(join(tmpdir(), 'banyan-log-'))
  const file = join(folder, 'log.db')
  return {
    open: () => openEmbeddedLog({ file, partitions, bridge: 'contract', writers }),
    async sideRecords(topic) {
      const db = new Database(file, { readonly: true })
      const rows = db.prepare('SELECT key, value FROM side_records WHERE topic = ?').raw().all(topic)
      db.close()
      return new Map(rows as [string, string][])
    },
    async appendAndDie(failpoint, batch) {
      const child = spawn(process.execPath, ['--import', 'tsx', CHILD, file, String(partitions), batch], {
        env: { ...process.env, BANYAN_FAILPOINT: failpoint },
        stdio: ['ignore', 'ignore', 'inherit'],
      })
      const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
      expect([code, signal]).toEqual([null, 'SIGKILL'])
    },
    remove: () => rm(folder, { recursive: true }),
  }
}

describeSampleLog('embedded log', newTarget)
describeAmendments('embedded log', newTarget)
