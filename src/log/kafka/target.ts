/** What the preflight looks at: the topics as the cluster describes them. Reads only. */
import { describeTopicsCall, metadataCall, NO_ERROR, type PartitionState } from './admin-requests.ts'
import type { ClusterClient } from './cluster-client.ts'
import { TOPIC_KINDS, type TopicKind, type Topics } from './topics.ts'

export interface TopicState {
  readonly name: string
  readonly partitions: readonly PartitionState[]
  /** Effective settings; undefined when this account may not see them. */
  readonly settings: ReadonlyMap<string, string> | undefined
}

export interface Target {
  readonly brokerCount: number
  /** Undefined: does not exist, or may not be seen. */
  readonly topics: Readonly<Record<TopicKind, TopicState | undefined>>
}

export async function describeTarget(client: ClusterClient, topics: Topics, signal: AbortSignal): Promise<Target> {
  const names = Object.values(topics)
  const { brokers, topics: found } = await client.askAny('look up the topics', metadataCall(names), signal)
  const existing = found.filter((topic) => topic.errorCode === NO_ERROR)
  const configs =
    existing.length === 0
      ? []
      : await client.askAny('describe the topics', describeTopicsCall(existing.map(({ name }) => name)), signal)
  const stateOf = (name: string): TopicState | undefined => {
    const topic = existing.find((candidate) => candidate.name === name)
    const config = configs.find((candidate) => candidate.topic === name && candidate.errorCode === NO_ERROR)
    return topic && { name, partitions: topic.partitions, settings: config?.settings }
  }
  return {
    brokerCount: brokers.length,
    topics: Object.fromEntries(TOPIC_KINDS.map((kind) => [kind, stateOf(topics[kind])])) as Target['topics'],
  }
}
