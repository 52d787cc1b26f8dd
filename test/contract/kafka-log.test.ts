import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect } from 'vitest'
import { sideRecordsOf } from '../harness/kafka-observer.ts'
import { describeOnKafka, kafkaBrokers, newPrefix, openTestLog, removeTopics } from '../harness/kafka.ts'
import { describeSampleLog } from './sample-log.ts'

const CHILD = join(import.meta.dirname, '../kafka/append-child.ts')

describeOnKafka('contract', () => {
  describeSampleLog('Kafka log', async ({ partitions, writers }) => {
    const topicPrefix = newPrefix()
    return {
      open: () => openTestLog({ topicPrefix, partitions, writers }),
      sideRecords: (topic) => sideRecordsOf(`${topicPrefix}.${topic}`),
      async appendAndDie(failpoint) {
        const child = spawn(
          process.execPath,
          ['--import', 'tsx', CHILD, kafkaBrokers, topicPrefix, String(partitions)],
          {
            env: { ...process.env, BANYAN_FAILPOINT: failpoint },
            stdio: ['ignore', 'ignore', 'inherit'],
          },
        )
        const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
        expect([code, signal]).toEqual([null, 'SIGKILL'])
      },
      remove: () => removeTopics(topicPrefix),
    }
  })
})
