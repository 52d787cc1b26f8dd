import { Kafka, logLevel } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { createClusterOf } from '../../../src/log/kafka/kafkajs-internals.ts'

describe('the pinned kafkajs', () => {
  it('still has what the adapter reaches for', () => {
    const kafka = new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING })
    const cluster = createClusterOf(kafka).get({ allowAutoTopicCreation: false })
    for (const method of [
      'connect',
      'disconnect',
      'addMultipleTargetTopics',
      'findTopicPartitionMetadata',
      'findBroker',
    ]) {
      expect(cluster).toHaveProperty(method, expect.any(Function))
    }
    expect(cluster.brokerPool).toHaveProperty('findConnectedBroker', expect.any(Function))
  })
})
