/** Without transactions: what a crash between data and checkpoint leaves is found, and not written twice. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { covers } from '../../src/domain/coverage.ts'
import type { Failpoint } from '../../src/util/failpoint.ts'
import { expectExactly } from '../harness/kafka-replay.ts'
import { describeOnKafka, kafkaBrokers, newPrefix, openTestLog, removeTopics } from '../harness/kafka.ts'
import { CRASH_BATCH, secondsEntry, tagNamed } from '../log/build-samples.ts'

const never = new AbortController().signal
const CHILD = join(import.meta.dirname, 'append-child.ts')

async function runChild(prefix: string, mode: string, failpoint: Failpoint | undefined): Promise<[unknown, unknown]> {
  const env = { ...process.env, ...(failpoint && { BANYAN_FAILPOINT: failpoint }) }
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, kafkaBrokers, prefix, '4', mode, 'samples'], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [code, signal] = (await once(child, 'exit')) as [unknown, unknown]
  return [code, signal]
}

describeOnKafka('a writer process', () => {
  let prefix: string

  beforeEach(async () => {
    prefix = newPrefix()
    const log = openTestLog({ topicPrefix: prefix })
    await log.create(never)
    await log.close()
  })
  afterEach(() => removeTopics(prefix))

  it.each<[Failpoint]>([['data-sent'], ['checkpoint-sent']])(
    'without transactions, killed at %s: its successor writes each sample once',
    async (failpoint) => {
      const log = openTestLog({ topicPrefix: prefix, mode: 'idempotent' })
      try {
        const first = secondsEntry(tagNamed('crash-a'), 0, 100)
        const before = await log.openWriter(0, never)
        await before.append([first])
        await before.close()
        expect(await runChild(prefix, 'idempotent', failpoint)).toEqual([null, 'SIGKILL'])

        // The first successor writes something else and dies too: what it did not account for must not be forgotten.
        const other = secondsEntry(tagNamed('other'), 0, 7)
        const between = await log.openWriter(0, never)
        await between.append([other])
        await between.close()

        const writer = await log.openWriter(0, never)
        const missing = CRASH_BATCH.filter(({ tag, covers: w }) => !covers(writer.tags.get(tag)?.covered ?? [], w))
        expect(missing).toHaveLength(failpoint === 'data-sent' ? CRASH_BATCH.length : 0)
        const { entries } = await writer.append(missing)
        for (const { firstOffset, lastOffset } of entries) expect(lastOffset).toBeGreaterThanOrEqual(firstOffset)
        await writer.close()
        await expectExactly(`${prefix}.samples`, [[first, other], CRASH_BATCH])
      } finally {
        await log.close()
      }
    },
  )

  it.each([['transactional'], ['idempotent']])('%s, ends by itself when the log is closed', async (mode) => {
    expect(await runChild(prefix, mode, undefined)).toEqual([0, null])
  })
})
