/** What a backfill that is stopped in the middle leaves behind: nothing on its way that nobody counts. */
import { expect, it } from 'vitest'
import { copy } from '../../src/app/copying.ts'
import type { Work } from '../../src/app/work.ts'
import type { HistorianConfig, PiWebApiConfig } from '../../src/config/config.ts'
import { ticks } from '../../src/domain/ticks.ts'
import type { SampleLog } from '../../src/log/log.ts'
import { Appender } from '../../src/replay/appender.ts'
import { Governor } from '../../src/replay/governor.ts'
import { silentLogger } from '../../src/telemetry/logger.ts'
import { sleep } from '../../src/util/abort.ts'
import { MemoryLog } from '../harness/memory-log.ts'
import { MemorySource, samplesAt, testTag } from '../harness/memory-source.ts'

const SAMPLES = 100
const limits = {
  concurrency: 4,
  requestsPerSecond: 1000,
  rowsInFlight: 1000,
  quietHours: [],
  timeZone: 'UTC',
  batchSize: 100,
}
const piWebApi: PiWebApiConfig = {
  url: 'http://127.0.0.1',
  dataServer: 'PI',
  auth: { type: 'none' },
  caFile: undefined,
  pageSize: 10,
  timeoutMs: 1000,
  outageMs: 1000,
  limits,
}
const config: HistorianConfig = { name: 'test', piWebApi, opcua: undefined, primary: piWebApi }
const never = new AbortController().signal

async function stopped(log: SampleLog): Promise<{ readonly counted: () => number }> {
  const source = new MemorySource()
  const tag = testTag(1)
  source.archive.set(tag.id, samplesAt(Array.from({ length: SAMPLES }, (_, i) => BigInt(i))))
  let counted = 0
  const appender = await Appender.open(
    {
      log,
      logger: silentLogger,
      outageMs: 60_000,
      assertMayWrite: () => undefined,
      onAppended: (batch) => {
        for (const entry of batch) if ('samples' in entry) counted += entry.samples.length
      },
    },
    never,
  )
  const range = { from: ticks(0n), until: ticks(BigInt(SAMPLES)) }
  const work: Work[] = [{ tag, range, historian: 'test', order: 'oldest-first', provisionalFrom: undefined }]
  const options = {
    sources: [{ source, config, governor: new Governor({ ...limits, quietHours: undefined }), standIn: undefined }],
    appender,
    logger: silentLogger,
    onTagDone: () => undefined,
    onTagFailed: () => undefined,
  }
  const stop = new AbortController()
  const copying = copy(work, options, stop.signal)
  while (!appender.isBusy()) await sleep(1, never)
  stop.abort(new Error('enough'))
  await expect(copying).rejects.toThrow('enough')
  return { counted: () => counted }
}

it('has appended and counted all it had read when it tells that it was stopped', async () => {
  const log = new MemoryLog()
  const { counted } = await stopped(log)
  const found = log.allRecords().length
  expect(found).toBeGreaterThan(0)
  expect(counted()).toBe(found)
  await sleep(500, never)
  expect(log.allRecords()).toHaveLength(found)
})

it('does not wait for ever for a log that does not answer', async () => {
  const log = new MemoryLog()
  const open = log.openWriter.bind(log)
  log.openWriter = async (shard) => ({ ...(await open(shard)), append: () => new Promise(() => undefined) })
  const { counted } = await stopped(log)
  expect(counted()).toBe(0)
})
