/**
 * Metadata v4, DescribeConfigs v1 and CreateTopics v2.
 *
 * Encoded here and not by kafkajs' admin client, which asks for all topics and rejects the whole answer when one
 * partition of anybody's has no leader, and which swallows the broker's own words when a topic cannot be created.
 */
import type { ProtocolCall } from './kafkajs-internals.ts'
import { protocolCall, Writer } from './wire-codec.ts'

const METADATA = { apiKey: 3, apiVersion: 4, apiName: 'Metadata' }
const CREATE_TOPICS = { apiKey: 19, apiVersion: 2, apiName: 'CreateTopics' }
const DESCRIBE_CONFIGS = { apiKey: 32, apiVersion: 1, apiName: 'DescribeConfigs' }
const TOPIC_RESOURCE = 2
/** How long the controller may take to make a topic. */
const CREATE_TIMEOUT_MS = 10_000

export const NO_ERROR = 0
export const UNKNOWN_TOPIC = 3
export const TOPIC_EXISTS = 36
export const INVALID_CONFIG = 40

export interface MetadataAnswer {
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[]
  readonly controllerId: number
  readonly topics: readonly TopicMetadata[]
}

export interface TopicMetadata {
  readonly errorCode: number
  readonly name: string
  readonly partitions: readonly PartitionState[]
}

export interface PartitionState {
  readonly id: number
  /** -1: nobody leads it, it is offline. */
  readonly leader: number
  readonly replicas: readonly number[]
  readonly inSync: readonly number[]
}

export function metadataCall(topics: readonly string[]): ProtocolCall<MetadataAnswer> {
  const body = new Writer()
  body.array(topics, (topic) => body.string(topic)).int8(0) // no auto-creation
  return protocolCall(METADATA, body, 'the cluster’s metadata', (reader): MetadataAnswer => {
    reader.int32() // throttle time
    const brokers = reader.array(() => {
      const broker = { nodeId: reader.int32(), host: reader.string(), port: reader.int32() }
      reader.string() // rack
      return broker
    })
    reader.string() // cluster id
    const controllerId = reader.int32()
    const topicStates = reader.array((): TopicMetadata => {
      const errorCode = reader.int16()
      const name = reader.string()
      reader.int8() // internal
      const partitions = reader.array((): PartitionState => {
        reader.int16() // error, told again by the fields below
        const id = reader.int32()
        const leader = reader.int32()
        return {
          id,
          leader,
          replicas: reader.array(() => reader.int32()),
          inSync: reader.array(() => reader.int32()),
        }
      })
      return { errorCode, name, partitions }
    })
    return { brokers, controllerId, topics: topicStates }
  })
}

export interface ConfigAnswer {
  readonly errorCode: number
  readonly errorMessage: string
  readonly topic: string
  /** Effective values, wherever they come from. */
  readonly settings: ReadonlyMap<string, string>
}

export function describeTopicsCall(topics: readonly string[]): ProtocolCall<ConfigAnswer[]> {
  const body = new Writer()
  body
    .array(topics, (topic) => body.int8(TOPIC_RESOURCE).string(topic).int32(-1)) // all settings
    .int8(0) // no synonyms
  return protocolCall(DESCRIBE_CONFIGS, body, 'the topics’ settings', (reader): ConfigAnswer[] => {
    reader.int32() // throttle time
    return reader.array((): ConfigAnswer => {
      const errorCode = reader.int16()
      const errorMessage = reader.string()
      reader.int8() // resource type
      const topic = reader.string()
      const settings = reader.array((): [string, string] => {
        const setting: [string, string] = [reader.string(), reader.string()]
        reader.int8() // read-only
        reader.int8() // source
        reader.int8() // sensitive
        reader.array(() => [reader.string(), reader.string(), reader.int8()])
        return setting
      })
      return { errorCode, errorMessage, topic, settings: new Map(settings) }
    })
  })
}

export interface NewTopic {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly settings: Readonly<Record<string, string>>
}

export interface CreatedTopic {
  readonly name: string
  readonly errorCode: number
  readonly errorMessage: string
}

/** To be sent to the controller. */
export function createTopicsCall(topics: readonly NewTopic[]): ProtocolCall<CreatedTopic[]> {
  const body = new Writer()
  body
    .array(topics, ({ name, partitions, replicationFactor, settings }) => {
      body.string(name).int32(partitions).int16(replicationFactor).int32(0) // no explicit placement
      body.array(Object.entries(settings), ([setting, value]) => body.string(setting).string(value))
    })
    .int32(CREATE_TIMEOUT_MS)
    .int8(0) // for real
  return protocolCall(CREATE_TOPICS, body, 'the answer about new topics', (reader) => {
    reader.int32() // throttle time
    return reader.array((): CreatedTopic => ({
      name: reader.string(),
      errorCode: reader.int16(),
      errorMessage: reader.string(),
    }))
  })
}
