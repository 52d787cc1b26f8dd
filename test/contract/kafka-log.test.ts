import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect } from 'vitest'
import { sideRecordsOf } from '../harness/kafka-observer.ts'
import { describeOnKafka, kafkaBrokers, newPrefix, openTestLog, removeTopics } from '../harness/kafka.ts'
import { describeAmendments } from './sample-log-amendments.ts'
import { describeSampleLog, type LogTarget, type TargetShape } from './sample-log.ts'

const CHILD = join(import.meta.dirname, '../kafka/append-child.ts')

async function newTarget({ partitions, writers }: TargetShape): Promise<LogTarget> {
  const topicPrefix = newPrefix()
  return {
    open: () => openTestLog({ topicPrefix, partitions, writers }),
    sideRecords: (topic) => sideRecordsOf(`${topicPrefix}.${topic}`),
    async appendAndDie(failpoint, batch) {
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', CHILD, kafkaBrokers, topicPrefix, String(partitions), 'transactional', batch],
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
}

describeOnKafka('contract', () => {
  describeSampleLog('Kafka log', newTarget)
  describeAmendments('Kafka log', newTarget)
})
