/** What becomes of the daemon's jobs when something goes wrong, on a simulated historian. */
import Database from 'better-sqlite3'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { storedScope } from '../../src/app/backfill-scope.ts'
import { Bridge } from '../../src/app/bridge.ts'
import { LogSession } from '../../src/app/log-session.ts'
import { listSelected } from '../../src/app/selection.ts'
import { loadConfig } from '../../src/config/load.ts'
import { JobRunner } from '../../src/daemon/job-runner.ts'
import { BanyanError, type ErrorCode } from '../../src/domain/errors.ts'
import type { Store } from '../../src/store/store.ts'
import { silentLogger } from '../../src/telemetry/logger.ts'
import { startSimulator } from '../harness/simulator.ts'

const never = new AbortController().signal
const SCOPE = { tags: [], from: undefined, until: undefined, order: undefined }
const LIMIT = { timeout: 20_000, interval: 20 }

let store: Store
let storeFile: string
/** What asking for the catalogue comes to, call by call; then it succeeds. */
let answers: ErrorCode[]
let asked: number

beforeEach(async () => {
  const { simulator, url } = await startSimulator({ scenario: 'empty' })
  simulator.historian.createPoint({ name: 'FLOW', pointType: 'Float32' })
  const folder = mkdtempSync(join(tmpdir(), 'banyan-jobs-'))
  const file = join(folder, 'banyan.yaml')
  storeFile = join(folder, 'store.db')
  writeFileSync(
    file,
    [
      'bridge: here',
      'store: ./store.db',
      `historians: { sim: { piWebApi: { url: "${url}", dataServer: BANYANSIM, auth: { type: none } } } }`,
      'tags: [{ historian: sim, include: ["*"], backfill: { from: 2000-01-01 } }]',
      'log: { embedded: { file: ./log.db } }',
    ].join('\n'),
  )
  const bridge = new Bridge(loadConfig({ file, environment: {}, workingDirectory: folder }), silentLogger)
  store = await bridge.store()
  const log = await bridge.log()
  await log.create(never)
  const lease = store.lease.acquire('test')
  const session = await LogSession.open({ bridge, store, log, lease }, () => undefined, never)
  answers = []
  asked = 0
  const runner = new JobRunner({
    bridge,
    store,
    lease,
    session,
    catalogue: (historian, signal) => {
      asked += 1
      const code = answers.shift()
      if (code !== undefined) return Promise.reject(new BanyanError(code, 'injected'))
      return listSelected(bridge, { historian }, signal)
    },
    liveFrom: () => undefined,
  })
  const stop = new AbortController()
  const running = runner.run(stop.signal)
  onTestFinished(async () => {
    stop.abort(new DOMException('end of the test', 'AbortError'))
    await running.catch(() => undefined)
    await session.close()
    await bridge.close()
    rmSync(folder, { recursive: true, force: true })
  })
})

function enqueue(): number {
  return store.jobs.enqueue('backfill', storedScope(SCOPE)).id
}

function stateIs(id: number, state: string): Promise<void> {
  return vi.waitFor(() => {
    expect(store.jobs.get(id).state).toBe(state)
  }, LIMIT)
}

// A proxy answers 404 while a server is updated; a secret file is absent while it is replaced.
it.each(['BANYAN_SOURCE_NOT_FOUND', 'BANYAN_SOURCE_REJECTED', 'BANYAN_CONFIG_INVALID'] as const)(
  '%s before the first tag does not fail a job; who puts it back into the queue need not wait',
  async (code) => {
    answers.push(code)
    const id = enqueue()
    await stateIs(id, 'interrupted')
    expect(store.jobs.get(id).error).toMatchObject({ code })
    store.jobs.request(id, 'resume')
    await stateIs(id, 'done')
    expect(asked).toBe(2)
  },
)

it.each(['BANYAN_USAGE', 'BANYAN_LOG_UNSAFE'] as const)('%s fails it, and the next job runs', async (code) => {
  answers.push(code)
  const [first, second] = [enqueue(), enqueue()]
  await stateIs(second, 'done')
  expect(store.jobs.get(first)).toMatchObject({ state: 'failed', error: { code } })
})

it('a job whose end could not be stored is not left running for ever', async () => {
  const other = new Database(storeFile)
  onTestFinished(() => void other.close())
  other.exec(`CREATE TRIGGER full BEFORE UPDATE ON jobs WHEN NEW.state = 'failed'
              BEGIN SELECT RAISE(ABORT, 'injected'); END`)
  answers.push('BANYAN_USAGE')
  const id = enqueue()
  await stateIs(id, 'done')
  expect(asked).toBe(2)
})
