/**
 * Connection: a session when one is needed, another when it was lost.
 *
 * The library's own reconnection is off: it repeats calls. After a cut a new connection takes the old session over where
 * the server still has it, so that a bad network does not fill the server's list of sessions; what was under way is
 * repeated by the caller, from what it knows. NamespaceArray and limits are read anew each time.
 */
import './foreign-log.ts'
import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  type ClientSecureChannelLayer,
  type ClientSession,
  MessageSecurityMode,
  OPCUAClient,
  SecurityPolicy,
  type UserIdentityInfo,
  UserTokenType,
} from 'node-opcua-client'
import { BanyanError, messageOf } from '../../domain/errors.ts'
import { certificateFacts, derOfFile } from './certificate.ts'
import { withDeadline } from './deadline.ts'
import { closedError, lateError } from './errors.ts'
import { forwardForeignLog } from './foreign-log.ts'
import { type Greeting, readGreeting, type ServerLimits } from './greeting.ts'
import { errorOfOpening } from './opening.ts'
import type { OpcUaIdentity, OpcUaOptions } from './options.ts'
import { APPLICATION_NAME, Pki } from './pki.ts'
import { keepUnknownStatusCodes } from './status-table.ts'
import { Wire } from './wire.ts'

/** Asked for; the server may give less. The library keeps the session alive well within it. */
const SESSION_TIMEOUT_MS = 120_000

/** A server that does not answer the farewell is left without one. */
const CLOSE_MS = 2000

/** A session, and what the server said about itself when it was made. */
export interface UaSession extends Greeting {
  readonly wire: Wire
}

export class Connection {
  readonly #options: OpcUaOptions
  #pki: Promise<Pki> | undefined
  #current: UaSession | undefined
  /** The latest session that was lost, until another stands in its place. */
  #lost: Wire | undefined
  #opening: Promise<UaSession> | undefined
  #connecting: OPCUAClient | undefined
  #limits: ServerLimits | undefined
  readonly #leaving = new Set<Promise<void>>()
  #closed = false

  constructor(options: OpcUaOptions) {
    this.#options = options
    keepUnknownStatusCodes()
    forwardForeignLog(options.logger)
  }

  /** The session, made now if there is none. Callers that come together share one attempt. */
  async session(): Promise<UaSession> {
    if (this.#closed) throw closedError()
    if (this.#current?.wire.state === 'alive') return this.#current
    this.#lost ??= this.#current?.wire
    this.#current = undefined
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined))
    return this.#opening
  }

  /** What the server of the latest session states about itself; undefined before the first. */
  get limits(): ServerLimits | undefined {
    return this.#limits
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const client of [this.#current?.wire.client, this.#lost?.client, this.#connecting]) {
      if (client !== undefined) this.#leave(client)
    }
    this.#current = undefined
    this.#lost = undefined
    const farewells = Promise.allSettled([this.#opening, ...this.#leaving])
    await withDeadline(farewells, CLOSE_MS, closedError).catch(() => undefined)
    await this.#pki?.then((pki) => pki.close()).catch(() => undefined)
  }

  async #open(): Promise<UaSession> {
    const pki = await this.#openPki()
    await pki.refresh()
    const client = this.#createClient(pki)
    this.#connecting = client
    let channel: ClientSecureChannelLayer | undefined
    client.on('secure_channel_created', (created) => (channel = created))
    try {
      await this.#inTime(client.connect(this.#options.endpoint), 'connecting')
      const session = (await this.#takeOver(client)) ?? (await this.#signIn(client))
      if (channel === undefined) throw new BanyanError('BANYAN_INTERNAL', 'connected without a secure channel')
      const { endpoint, timeoutMs } = this.#options
      const wire = new Wire({ client, channel, session, endpoint, timeoutMs })
      const opened = { wire, ...(await readGreeting(wire)) }
      if (this.#closed) throw closedError()
      this.#current = opened
      this.#limits = opened.limits
      return opened
    } catch (error) {
      channel?.forceConnectionBreak()
      this.#leave(client)
      throw this.#closed ? closedError() : await errorOfOpening(error, this.#options, pki)
    } finally {
      this.#connecting = undefined
    }
  }

  #openPki(): Promise<Pki> {
    this.#pki ??= Pki.open(this.#options.security.pki).catch((error: unknown) => {
      this.#pki = undefined
      throw error
    })
    return this.#pki
  }

  #createClient(pki: Pki): OPCUAClient {
    const { security, timeoutMs } = this.#options
    return OPCUAClient.create({
      applicationName: APPLICATION_NAME,
      applicationUri: pki.applicationUri,
      clientName: APPLICATION_NAME,
      clientCertificateManager: pki.manager,
      certificateFile: pki.certificateFile,
      privateKeyFile: pki.privateKeyFile,
      securityMode: MessageSecurityMode[security.mode],
      securityPolicy: SecurityPolicy[security.policy],
      endpointMustExist: false,
      connectionStrategy: { maxRetry: 0 },
      keepSessionAlive: true,
      requestedSessionTimeout: SESSION_TIMEOUT_MS,
      defaultTransactionTimeout: timeoutMs,
    })
  }

  /** The session of the connection that was cut, if the server still keeps it. Tried once. */
  async #takeOver(client: OPCUAClient): Promise<ClientSession | undefined> {
    const lost = this.#lost
    this.#lost = undefined
    if (lost === undefined) return undefined
    try {
      if (lost.state !== 'cut') return undefined
      await this.#inTime(client.reactivateSession(lost.session), 'taking the session over')
      return lost.session
    } catch (error) {
      this.#options.logger.debug({ error: messageOf(error) }, 'the session is gone, another is made')
      return undefined
    } finally {
      this.#leave(lost.client)
    }
  }

  async #signIn(client: OPCUAClient): Promise<ClientSession> {
    return this.#inTime(client.createSession(identityInfo(this.#options.identity)), 'signing in')
  }

  #inTime<T>(promise: Promise<T>, what: string): Promise<T> {
    const { endpoint, timeoutMs } = this.#options
    return withDeadline(promise, timeoutMs, () => lateError(what, endpoint, timeoutMs))
  }

  /** Goes on in the background: the session is closed where the connection still stands. */
  #leave(client: OPCUAClient): void {
    const leaving = client
      .disconnect()
      .catch(() => undefined)
      .finally(() => this.#leaving.delete(leaving))
    this.#leaving.add(leaving)
  }
}

function identityInfo(identity: OpcUaIdentity): UserIdentityInfo {
  switch (identity.type) {
    case 'anonymous':
      return { type: UserTokenType.Anonymous }
    case 'username':
      return { type: UserTokenType.UserName, userName: identity.username, password: identity.password() }
    case 'certificate':
      return {
        type: UserTokenType.Certificate,
        certificateData: certificateFacts(derOfFile(readSecret(identity.certificateFile))).der,
        privateKey: privateKeyPem(identity.privateKeyFile),
      }
  }
}

function privateKeyPem(file: string): string {
  try {
    return createPrivateKey(readSecret(file)).export({ type: 'pkcs8', format: 'pem' }) as string
  } catch (cause) {
    if (cause instanceof BanyanError) throw cause
    throw new BanyanError('BANYAN_FILE', `${file} is not a private key in PEM`, {
      hint: 'Put the PEM of the key that belongs to identity.certificateFile there, without a passphrase.',
      context: { file },
    })
  }
}

function readSecret(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new BanyanError('BANYAN_FILE', `${file} cannot be read: ${messageOf(cause)}`, {
      hint: 'Check identity of this historian, and the rights on that file.',
      context: { file },
      cause,
    })
  }
}
