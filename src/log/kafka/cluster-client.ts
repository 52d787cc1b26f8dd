/**
 * ClusterClient: asks brokers the questions Banyan encodes itself, over one lazily opened connection, each with a
 * deadline, and again while the reason for failing may pass (a leader that moved, a broker that restarts).
 */
import { abortable, sleep } from '../../util/abort.ts'
import { metadataCall, UNKNOWN_TOPIC } from './admin-requests.ts'
import type { KafkaConnection } from './connection.ts'
import { interruptible, withDeadline } from './deadline.ts'
import { logError } from './foreign-errors.ts'
import type { Broker, Cluster, ProtocolCall } from './kafkajs-internals.ts'
import type { KafkaLimits } from './options.ts'

/** After an error or a leader that moved, ask again this much later. */
const RETRY_MS = 100

/** Not an error here: the position is judged by whoever asked. */
export const OFFSET_OUT_OF_RANGE = 1

export class ClusterClient {
  readonly #connection: KafkaConnection
  readonly #brokers: readonly string[]
  readonly #limits: KafkaLimits
  #cluster: Promise<Cluster> | undefined

  constructor(connection: KafkaConnection, brokers: readonly string[], limits: KafkaLimits) {
    this.#connection = connection
    this.#brokers = brokers
    this.#limits = limits
  }

  /** Any broker that answers. */
  async askAny<T>(doing: string, call: ProtocolCall<T>, signal: AbortSignal): Promise<T> {
    return this.#ask(doing, signal, async (cluster) => {
      const broker = await cluster.brokerPool.findConnectedBroker()
      return broker.connectionPool.send(call)
    })
  }

  /** The controller, where a cluster still has one that clients must address; with KRaft every broker forwards. */
  async askController<T>(doing: string, call: ProtocolCall<T>, signal: AbortSignal): Promise<T> {
    const { controllerId } = await this.askAny(doing, metadataCall([]), signal)
    return this.#ask(doing, signal, async (cluster) => {
      const broker = await controllerOf(cluster, controllerId)
      return broker.connectionPool.send(call)
    })
  }

  /** The leader of a partition. */
  async askLeader<T extends { readonly errorCode: number }>(
    doing: string,
    topic: string,
    partition: number,
    call: ProtocolCall<T>,
    signal: AbortSignal,
  ): Promise<T> {
    return this.#ask(doing, signal, async (cluster) => {
      await cluster.addMultipleTargetTopics([topic])
      const leader = cluster.findTopicPartitionMetadata(topic).find((p) => p.partitionId === partition)?.leader
      if (leader === undefined) throw new PartitionError(topic, partition, UNKNOWN_TOPIC)
      const broker = await cluster.findBroker({ nodeId: leader })
      const answer = await broker.connectionPool.send(call)
      if (answer.errorCode !== 0 && answer.errorCode !== OFFSET_OUT_OF_RANGE) {
        throw new PartitionError(topic, partition, answer.errorCode)
      }
      return answer
    })
  }

  async close(): Promise<void> {
    this.#connection.cut()
    const cluster = await this.#cluster?.catch(() => undefined)
    await cluster?.disconnect().catch(() => undefined)
  }

  async #ask<T>(doing: string, signal: AbortSignal, question: (cluster: Cluster) => Promise<T>): Promise<T> {
    const deadline = Date.now() + this.#limits.requestMs
    for (;;) {
      signal.throwIfAborted()
      const connecting = this.#connect()
      let isConnected = false
      try {
        const cluster = await abortable(connecting, signal)
        isConnected = true
        return await interruptible(() => question(cluster), this.#limits.requestMs, doing, signal)
      } catch (error) {
        signal.throwIfAborted()
        const failure = logError(error, doing, this.#brokers)
        if (this.#cluster === connecting) this.#drop()
        // Without a connection there is nobody to wait for: the caller decides how long an outage may last.
        if (!failure.retryable || !isConnected || Date.now() >= deadline) throw failure
        await sleep(RETRY_MS, signal)
      }
    }
  }

  #connect(): Promise<Cluster> {
    this.#cluster ??= this.#open()
    return this.#cluster
  }

  async #open(): Promise<Cluster> {
    const cluster = this.#connection.cluster()
    await withDeadline(cluster.connect(), this.#limits.connectMs, 'connect')
    return cluster
  }

  /** The next question gets a new connection and new metadata: a silent or moved broker must not be asked again. */
  #drop(): void {
    const dropped = this.#cluster
    this.#cluster = undefined
    dropped?.then((cluster) => cluster.disconnect()).catch(() => undefined)
  }
}

async function controllerOf(cluster: Cluster, controllerId: number): Promise<Broker> {
  try {
    return await cluster.findBroker({ nodeId: controllerId })
  } catch {
    // Not known by that number yet; a KRaft cluster takes it from any broker.
    return cluster.brokerPool.findConnectedBroker()
  }
}

/** Names of the codes a question about a partition may meet; kafkajs' own table is not public. */
const ERROR_NAMES: ReadonlyMap<number, string> = new Map([
  [UNKNOWN_TOPIC, 'UNKNOWN_TOPIC_OR_PARTITION'],
  [5, 'LEADER_NOT_AVAILABLE'],
  [6, 'NOT_LEADER_FOR_PARTITION'],
  [29, 'TOPIC_AUTHORIZATION_FAILED'],
])

class PartitionError extends Error {
  constructor(topic: string, partition: number, code: number) {
    super(`${topic}-${partition}: ${ERROR_NAMES.get(code) ?? `error ${code}`}`)
    this.name = 'PartitionError'
  }
}
