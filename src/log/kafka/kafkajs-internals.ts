/**
 * The parts of kafkajs 2.2.4 that Banyan uses without their being public: the cluster behind a client. The version
 * is pinned and the project frozen since 2023; test/log/kafka/kafkajs-internals.test.ts fails if any of this is not there.
 *
 * Why at all: the public consumer needs a group (3 s to join), leaks aborted records in two cases and cannot say where
 * the log ends; the public producer offers no way to set the retry of InitProducerId, and asks for the metadata of
 * *all* topics, so that one offline partition of anybody's topic stops it.
 */
import type { Kafka, RetryOptions } from 'kafkajs'

export interface PartitionMetadata {
  readonly partitionId: number
  readonly leader: number
}

/** A request and how to read its answer; `encode` gives what kafkajs calls an Encoder. */
export interface ProtocolCall<T> {
  readonly request: {
    readonly apiKey: number
    readonly apiVersion: number
    readonly apiName: string
    readonly encode: () => Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>
  }
  readonly response: {
    readonly decode: (payload: Buffer) => Promise<T>
    readonly parse: (decoded: T) => Promise<T>
  }
}

export interface Broker {
  readonly connectionPool: { send<T>(call: ProtocolCall<T>): Promise<T> }
  disconnect(): Promise<void>
}

export interface Cluster {
  /** Never set by kafkajs itself, yet what the producer's InitProducerId is retried with. */
  retry?: RetryOptions
  readonly brokerPool: { findConnectedBroker(): Promise<Broker> }
  connect(): Promise<void>
  disconnect(): Promise<void>
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>
  refreshMetadata(): Promise<void>
  findTopicPartitionMetadata(topic: string): readonly PartitionMetadata[]
  findBroker(which: { nodeId: number }): Promise<Broker>
}

interface ClusterOptions {
  readonly allowAutoTopicCreation: boolean
  readonly metadataMaxAge?: number
}
type CreateCluster = (options: ClusterOptions) => Cluster

/** Where kafkajs keeps the function that makes clusters; replacing it lets Banyan see a producer's own. */
export function createClusterOf(kafka: Kafka): { get: CreateCluster; set: (replacement: CreateCluster) => void } {
  const symbol = Object.getOwnPropertySymbols(kafka).find((s) => s.description === 'private:Kafka:createCluster')
  const slots = kafka as unknown as Record<symbol, CreateCluster | undefined>
  const get = symbol === undefined ? undefined : slots[symbol]
  if (symbol === undefined || get === undefined) throw new TypeError('this kafkajs has no private:Kafka:createCluster')
  return {
    get,
    set: (replacement) => {
      slots[symbol] = replacement
    },
  }
}
