/**
 * A real Apache Kafka broker on this machine: formats a fresh data folder, starts the JVM, waits until it serves.
 *
 * KRaft opens the client port only after the broker has been unfenced, so "port open" is "ready".
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { resolveJars } from './jars.ts'
import { freePorts } from './ports.ts'
import { joiningProperties, type SecureListener, serverProperties } from './server-properties.ts'

const run = promisify(execFile)
/** Serial GC and the C1 compiler alone: ready in 1.3 s instead of 1.9 s, and 128 MB are enough under load. */
const JVM = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData', '-Xmx256m']
const LOG_LEVEL = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'
/** A busy two-core machine needs a few seconds; a broker that is not there after this will not come. */
const READY_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 20_000
const FORMAT_TIMEOUT_MS = 60_000
const KEYTOOL_TIMEOUT_MS = 60_000

export interface StartKafkaOptions {
  /** Adds a SASL_SSL listener (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512) with a self-signed certificate. Default: false. */
  readonly secure?: boolean
  /** Broker settings on top of the defaults. */
  readonly config?: Readonly<Record<string, string>>
  /** Becomes the second broker of this one's cluster, which stays its only controller. Default: a cluster of its own. */
  readonly joins?: RunningKafka
  /** True: the broker outlives this process (kafka-up). Default: false. */
  readonly detached?: boolean
}

export interface SecureEndpoint {
  readonly brokers: string
  /** PEM text of the self-signed certificate. */
  readonly ca: string
  readonly username: string
  readonly password: string
}

export interface Cluster {
  readonly id: string
  readonly controllerPort: number
}

export interface RunningKafka {
  /** `host:port` of the plain listener. */
  readonly brokers: string
  readonly secure: SecureEndpoint | undefined
  readonly pid: number
  readonly cluster: Cluster
  /** Holds data, configuration and log; gone after `stop`. */
  readonly folder: string
  /** SIGTERM, or SIGKILL to simulate a crash; resolves when the process is gone. The data stays. */
  halt(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Starts again on the same ports and data after `halt`. */
  resume(): Promise<void>
  /** Ends the broker and removes its folder. */
  stop(): Promise<void>
}

export async function startKafka(options: StartKafkaOptions = {}): Promise<RunningKafka> {
  const classPath = await resolveJars()
  const folder = mkdtempSync(join(tmpdir(), 'banyan-kafka-'))
  try {
    const [plain = 0, controller = 0, securePort = 0] = await freePorts(3)
    const secure = options.secure === true ? await makeSecure(folder) : undefined
    const properties = join(folder, 'server.properties')
    const ports = { plain, controller, secure: secure && securePort }
    const cluster = options.joins?.cluster ?? { id: randomBytes(16).toString('base64url'), controllerPort: controller }
    const config = { ...(options.joins && joiningProperties(plain, cluster.controllerPort)), ...options.config }
    writeFileSync(properties, serverProperties(ports, join(folder, 'data'), secure?.listener, config))
    await format(classPath, properties, cluster.id, secure?.listener)
    let broker = await launch(classPath, folder, plain, options.detached ?? false)
    const endpoint = secure && {
      brokers: `127.0.0.1:${securePort}`,
      ca: secure.ca,
      username: secure.listener.username,
      password: secure.listener.password,
    }
    return {
      brokers: `127.0.0.1:${plain}`,
      secure: endpoint,
      get pid() {
        return broker.pid ?? 0
      },
      cluster,
      folder,
      halt: (signal) => halt(broker, signal),
      resume: async () => {
        broker = await launch(classPath, folder, plain, options.detached ?? false)
      },
      stop: async () => {
        await halt(broker, 'SIGTERM')
        rmSync(folder, { recursive: true, force: true })
      },
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

async function makeSecure(folder: string): Promise<{ listener: SecureListener; ca: string }> {
  const password = randomBytes(12).toString('hex')
  const keystore = join(folder, 'keystore.p12')
  const store = ['-keystore', keystore, '-storepass', password, '-storetype', 'PKCS12', '-alias', 'broker']
  const identity = ['-dname', 'CN=localhost', '-ext', 'SAN=ip:127.0.0.1,dns:localhost', '-validity', '30']
  const timeout = KEYTOOL_TIMEOUT_MS
  await run('keytool', ['-genkeypair', '-keyalg', 'EC', '-groupname', 'secp256r1', ...identity, ...store], { timeout })
  const { stdout } = await run('keytool', ['-exportcert', '-rfc', ...store], { timeout })
  return { listener: { keystore, password, username: 'banyan' }, ca: stdout }
}

async function format(
  classPath: string,
  properties: string,
  clusterId: string,
  secure: SecureListener | undefined,
): Promise<void> {
  const scram = secure
    ? ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
        '--add-scram',
        `${mechanism}=[name=${secure.username},password=${secure.password}]`,
      ])
    : []
  // Joined by "=": one in 64 ids begins with a dash and would be taken for another flag.
  const tool = ['kafka.tools.StorageTool', 'format', `--cluster-id=${clusterId}`, '-c', properties, ...scram]
  await run('java', [...JVM, LOG_LEVEL, '-cp', classPath, ...tool], { timeout: FORMAT_TIMEOUT_MS })
}

async function launch(classPath: string, folder: string, port: number, detached: boolean): Promise<ChildProcess> {
  const logFile = join(folder, 'broker.log')
  const log = openSync(logFile, 'a')
  const broker = spawn(
    'java',
    [...JVM, LOG_LEVEL, '-cp', classPath, 'kafka.Kafka', join(folder, 'server.properties')],
    { stdio: ['ignore', log, log], detached, cwd: folder },
  )
  closeSync(log)
  if (detached) broker.unref()
  const startError = new Promise<Error>((resolve) => broker.once('error', resolve))
  const deadline = Date.now() + READY_TIMEOUT_MS
  for (;;) {
    if (await accepts(port)) return broker
    const failed = await Promise.race([startError, sleep(25)])
    if (failed ?? (broker.exitCode !== null || Date.now() > deadline)) {
      broker.kill('SIGKILL')
      const tail = readFileSync(logFile, 'utf8').split('\n').slice(-15).join('\n')
      throw new Error(`the Kafka broker did not start:\n${tail}`, { cause: failed })
    }
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const settle = (open: boolean): void => {
      socket.destroy()
      resolve(open)
    }
    // A connection from the port to itself is not a broker.
    socket.once('connect', () => {
      settle(socket.localPort !== port)
    })
    socket.once('error', () => {
      settle(false)
    })
  })
}

async function halt(broker: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (broker.exitCode !== null || broker.signalCode !== null) return
  const gone = new Promise<void>((resolve) =>
    broker.once('exit', () => {
      resolve()
    }),
  )
  broker.kill(signal)
  const forced = setTimeout(() => broker.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await gone
  clearTimeout(forced)
}
