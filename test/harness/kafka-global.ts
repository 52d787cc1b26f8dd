/**
 * One real Kafka broker per test run: BANYAN_KAFKA_BROKERS if set, else one started here. When neither is possible the
 * Kafka tests are skipped, loudly; with CI=true that is a failure.
 */
import type { TestProject } from 'vitest/node'
import { startKafka } from '../../scripts/kafka/broker.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** `host:port`; empty when there is no broker, then `kafkaProblem` says why. */
    kafkaBrokers: string
    kafkaProblem: string
  }
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  project.provide('kafkaProblem', '')
  project.provide('kafkaBrokers', process.env['BANYAN_KAFKA_BROKERS'] ?? '')
  if (process.env['BANYAN_KAFKA_BROKERS']) return undefined
  try {
    const kafka = await startKafka()
    project.provide('kafkaBrokers', kafka.brokers)
    return () => kafka.stop()
  } catch (error) {
    if (process.env['CI'] === 'true') throw error
    project.provide('kafkaProblem', error instanceof Error ? error.message : String(error))
    return undefined
  }
}
