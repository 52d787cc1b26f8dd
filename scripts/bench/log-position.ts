/** How far a log has got, told by something that shares nothing with Banyan: whatever is committed moves it. */
import Database from 'better-sqlite3'
import { Kafka, logLevel } from 'kafkajs'
import { join } from 'node:path'
import type { LogChoice, Workbench } from '../../test/harness/workbench.ts'

export interface LogPosition {
  /** Kafka: records and transaction markers of all topics; embedded: transactions. */
  committed(): Promise<bigint>
  close(): Promise<void>
}

export async function openLogPosition(bench: Workbench, log: LogChoice): Promise<LogPosition> {
  return log.kind === 'kafka' ? openTopics(log.brokers, log.topicPrefix) : openFile(join(bench.folder, 'banyan-log.db'))
}

async function openTopics(brokers: string, topicPrefix: string): Promise<LogPosition> {
  const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  return {
    committed: async () => {
      const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(`${topicPrefix}.`))
      const offsets = await Promise.all(topics.map((topic) => admin.fetchTopicOffsets(topic)))
      return offsets.flat().reduce((sum, { high }) => sum + BigInt(high), 0n)
    },
    close: () => admin.disconnect(),
  }
}

async function openFile(file: string): Promise<LogPosition> {
  const db = new Database(file, { readonly: true })
  return {
    // SQLite's own count of what other connections have committed.
    committed: async () => BigInt(db.pragma('data_version', { simple: true }) as number),
    close: async () => {
      db.close()
    },
  }
}
