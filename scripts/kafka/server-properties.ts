/** The configuration of a single broker on one machine: small, quick to restart, and strict where Banyan relies on it. */
export interface ListenerPorts {
  readonly plain: number
  readonly controller: number
  /** SASL over TLS, when asked for. */
  readonly secure: number | undefined
}

export interface SecureListener {
  readonly keystore: string
  readonly password: string
  readonly username: string
}

export function serverProperties(
  ports: ListenerPorts,
  logDir: string,
  secure: SecureListener | undefined,
  overrides: Readonly<Record<string, string>>,
): string {
  const listeners = [`PLAINTEXT://127.0.0.1:${ports.plain}`]
  if (ports.secure !== undefined) listeners.push(`SASL_SSL://127.0.0.1:${ports.secure}`)
  const settings: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
    listeners: [...listeners, `CONTROLLER://127.0.0.1:${ports.controller}`].join(','),
    'advertised.listeners': listeners.join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL',
    'log.dirs': logDir,
    'auto.create.topics.enable': 'false',
    // One node: every internal topic has one replica, and few partitions so that the start is quick.
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    // A killed broker is let back in after this, instead of 9 s.
    'broker.session.timeout.ms': '1500',
    'broker.heartbeat.interval.ms': '300',
    // The default of 128 MB would not fit into the heap.
    'log.cleaner.dedupe.buffer.size': '8388608',
    ...(secure ? secureSettings(secure) : {}),
    ...overrides,
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

/** What differs in a second broker, which leaves being the controller to the first. */
export function joiningProperties(port: number, controllerPort: number): Readonly<Record<string, string>> {
  return {
    'process.roles': 'broker',
    'node.id': '2',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port}`,
  }
}

function secureSettings(secure: SecureListener): Record<string, string> {
  const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule'
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule'
  return {
    'ssl.keystore.location': secure.keystore,
    'ssl.keystore.password': secure.password,
    'ssl.keystore.type': 'PKCS12',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.sasl_ssl.plain.sasl.jaas.config': `${plain} required user_${secure.username}="${secure.password}";`,
    'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config': `${scram} required;`,
    'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': `${scram} required;`,
  }
}
