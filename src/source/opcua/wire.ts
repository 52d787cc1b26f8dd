/**
 * Wire: one session on one connection, until either is lost. It never heals: who finds it dead asks for another.
 *
 * Requests go to the secure channel directly. The library's session object would hold them back while it reconnects
 * and send them again on a session of its own making, a continuation point of the old one included; the server may have
 * given that number to somebody else by then.
 */
import './foreign-log.ts'
import {
  AttributeIds,
  type ClientSecureChannelLayer,
  type ClientSession,
  makeNodeId,
  type OPCUAClient,
  ReadRequest,
  ReadResponse,
  type RequestHeader,
  type ResponseHeader,
  TimestampsToReturn,
} from 'node-opcua-client'
import { withDeadline } from './deadline.ts'
import { contradiction, errorOfCall, errorOfStatus, isLate, lateError, refusalIn, voidError } from './errors.ts'
import { isBad } from './status.ts'

/** Any request of the library. */
export interface Request {
  readonly requestHeader: RequestHeader
}
/** Any response of it, as its class. */
export type ResponseClass<R> = new (...parameters: never[]) => R
export interface Response {
  readonly responseHeader: ResponseHeader
}
type LibraryRequest = Parameters<ClientSecureChannelLayer['performMessageTransaction']>[0]

/** How long a server that let the deadline of a call pass may take to say that it is there at all. */
const SIGN_OF_LIFE_MS = 5000
/** The library must not give up before we do. */
const LIBRARY_TIMEOUT_MARGIN_MS = 5000
const SERVER_STATE = makeNodeId(2259)

export interface WireOptions {
  readonly client: OPCUAClient
  readonly channel: ClientSecureChannelLayer
  readonly session: ClientSession
  readonly endpoint: string
  readonly timeoutMs: number
}

export class Wire {
  readonly client: OPCUAClient
  readonly session: ClientSession
  readonly #channel: ClientSecureChannelLayer
  readonly #endpoint: string
  readonly #timeoutMs: number
  readonly #sessionId: string
  #state: 'alive' | 'cut' | 'ended' = 'alive'
  #signOfLife: Promise<void> | undefined

  constructor({ client, channel, session, endpoint, timeoutMs }: WireOptions) {
    this.client = client
    this.session = session
    this.#channel = channel
    this.#endpoint = endpoint
    this.#timeoutMs = timeoutMs
    this.#sessionId = session.sessionId.toString()
    const onCut = (): void => this.cut()
    client.on('connection_lost', onCut)
    client.on('close', onCut)
  }

  get isAlive(): boolean {
    return this.state === 'alive'
  }

  /** `cut`: the connection is gone, the server may still keep the session. `ended`: the session is gone. */
  get state(): 'alive' | 'cut' | 'ended' {
    // The library may make a new session by itself, to keep it alive: then ours has ended.
    if (this.#state === 'alive' && this.session.sessionId.toString() !== this.#sessionId) this.#state = 'ended'
    return this.#state
  }

  /**
   * Sends it once. Rejects with a BanyanError; then nothing is known about what the server did. An answer that came
   * when the session was another is no answer. `onLate` is told of one that came after the deadline, if it still can be.
   */
  async call<R extends Response>(
    request: Request,
    kind: ResponseClass<R>,
    what: string,
    onLate?: (response: R) => void,
  ): Promise<R> {
    this.#expectAlive(what)
    try {
      const response = await this.#send(request, kind, what, this.#timeoutMs, onLate)
      this.#expectAlive(what)
      return response
    } catch (error) {
      throw await this.#judge(error, what)
    }
  }

  #expectAlive(what: string): void {
    if (!this.isAlive) throw voidError(what)
  }

  async #send<R extends Response>(
    request: Request,
    kind: ResponseClass<R>,
    what: string,
    timeoutMs: number,
    onLate?: (response: R) => void,
  ): Promise<R> {
    const { requestHeader } = request
    const { authenticationToken } = this.session
    if (authenticationToken !== undefined) requestHeader.authenticationToken = authenticationToken
    requestHeader.timeoutHint = timeoutMs + LIBRARY_TIMEOUT_MARGIN_MS
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#channel.performMessageTransaction(request as unknown as LibraryRequest, (error, response) => {
        if (error !== null) reject(error)
        else resolve(response)
      })
    })
    const late = (): Error => {
      const tell = (response: unknown): void => {
        if (this.isAlive && response instanceof kind) onLate?.(response)
      }
      answer.then(tell, () => undefined)
      return lateError(what, this.#endpoint, timeoutMs)
    }
    const response = await withDeadline(answer, timeoutMs, late)
    if (!(response instanceof kind)) throw contradiction(`${what}: the answer is one to another question`)
    const status = response.responseHeader.serviceResult.value
    if (isBad(status)) throw errorOfStatus(status, what, true)
    return response
  }

  async #judge(error: unknown, what: string): Promise<Error> {
    const judged = errorOfCall(error, what, this.#endpoint)
    if (isLate(judged)) await this.#expectSignOfLife()
    else if (refusalIn(judged) === 'session') this.end()
    else if (!this.#channel.isOpened()) this.cut()
    return judged
  }

  /** A slow call may be slow by itself. Only a server that does not say anything either is taken for gone. */
  async #expectSignOfLife(): Promise<void> {
    if (!this.isAlive) return
    this.#signOfLife ??= this.#readState().finally(() => (this.#signOfLife = undefined))
    await this.#signOfLife
  }

  async #readState(): Promise<void> {
    const request = new ReadRequest({
      nodesToRead: [{ nodeId: SERVER_STATE, attributeId: AttributeIds.Value }],
      timestampsToReturn: TimestampsToReturn.Neither,
    })
    try {
      await this.#send(request, ReadResponse, 'asking for a sign of life', Math.min(SIGN_OF_LIFE_MS, this.#timeoutMs))
    } catch {
      this.cut()
    }
  }

  /** The session is gone, or given up; the connection may still stand. What is under way in it counts for nothing. */
  end(): void {
    if (this.#state === 'alive') this.#state = 'ended'
  }

  /** No request gets through any more, and those under way fail. */
  cut(): void {
    if (this.#state !== 'alive') return
    this.#state = 'cut'
    this.#channel.forceConnectionBreak()
  }
}
