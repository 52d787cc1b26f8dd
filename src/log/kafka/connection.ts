/**
 * KafkaConnection: one kafkajs client whose sockets can be cut.
 *
 * A producer that was given up must not write any more, but kafkajs goes on retrying behind a send nobody waits for.
 * `cut` ends that: open sockets are destroyed, new ones refused, and the pending calls fail within the client's own
 * short retry. It is also what lets the process end.
 */
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Kafka, logLevel, type Producer, type ProducerConfig, type RetryOptions, type SASLOptions } from 'kafkajs'
import type { Logger } from '../../telemetry/logger.ts'
import { createClusterOf, type Cluster } from './kafkajs-internals.ts'
import type { KafkaLogOptions } from './options.ts'

/** One TCP or TLS connection; the adapter's own deadlines are longer and span several attempts. */
const SOCKET_TIMEOUT_MS = 3_000
/** Longest silence on a request before kafkajs gives it up and asks again. */
const REQUEST_TIMEOUT_MS = 10_000
const KEEP_ALIVE_DELAY_MS = 60_000
/** Connecting and metadata. Explicit, because kafkajs has other defaults when NODE_ENV is `test`. About 2 s in all. */
const CLIENT_RETRY: RetryOptions = {
  initialRetryTime: 100,
  multiplier: 2,
  maxRetryTime: 1_000,
  retries: 4,
  factor: 0.2,
}
/** A leader that moves is asked for again after so long, whatever happens. */
const METADATA_MAX_AGE_MS = 60_000

export class KafkaConnection {
  readonly #kafka: Kafka
  readonly #sockets = new Set<Socket>()
  #isCut = false

  constructor(options: KafkaLogOptions) {
    const { tls, sasl } = options
    this.#kafka = new Kafka({
      clientId: `banyan-${options.bridge}`,
      brokers: [...options.brokers],
      ssl: tls ? { ...(tls.ca === undefined ? {} : { ca: [tls.ca] }) } : false,
      ...(sasl && { sasl: { ...sasl } as SASLOptions }),
      connectionTimeout: SOCKET_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      retry: CLIENT_RETRY,
      logLevel: logLevel.INFO,
      logCreator: () => logTo(options.logger),
      socketFactory: (target) => this.#open(target),
    })
  }

  /** A view of the cluster for reading and asking; the caller disconnects it. */
  cluster(): Cluster {
    return createClusterOf(this.#kafka).get({
      allowAutoTopicCreation: false,
      metadataMaxAge: METADATA_MAX_AGE_MS,
    })
  }

  /** A producer together with its own cluster; `initRetry` is for its InitProducerId. */
  producer(config: ProducerConfig, initRetry: RetryOptions): { producer: Producer; cluster: Cluster } {
    const createCluster = createClusterOf(this.#kafka)
    const made: Cluster[] = []
    createCluster.set((options) => {
      const cluster = createCluster.get(options)
      cluster.retry = initRetry
      made.push(cluster)
      return cluster
    })
    try {
      const producer = this.#kafka.producer(config)
      const [cluster] = made
      if (!cluster) throw new TypeError('this kafkajs makes producers without a cluster')
      return { producer, cluster }
    } finally {
      createCluster.set(createCluster.get)
    }
  }

  /** Destroys every socket and refuses new ones. Idempotent. */
  cut(): void {
    this.#isCut = true
    // Destroyed with an error: without one kafkajs is not told and waits for its timeouts.
    for (const socket of this.#sockets) socket.destroy(new Error('connection cut'))
  }

  #open(target: { host: string; port: number; ssl: object | boolean; onConnect: () => void }): Socket {
    const { host, port, ssl, onConnect } = target
    if (this.#isCut) throw new Error('connection cut')
    const servername = isIP(host) === 0 ? { servername: host } : {}
    const socket =
      typeof ssl === 'object'
        ? connectTls({ host, port, ...servername, ...ssl }, onConnect)
        : connectPlain({ host, port }, onConnect)
    socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS)
    socket.setNoDelay(true)
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    return socket
  }
}

type LogEntry = Readonly<{ namespace: string; log: Readonly<Record<string, unknown>> }>

/** kafkajs calls its ordinary retries errors: what matters comes back as one, the rest is for debugging. */
function logTo(logger: Logger): (entry: LogEntry) => void {
  return ({ namespace, log }) => {
    const { message, broker, error, retryCount } = log
    logger.debug({ component: 'kafkajs', namespace, clientMessage: message, broker, error, retryCount }, 'kafka client')
  }
}
