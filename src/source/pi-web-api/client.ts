/**
 * Client: one HTTP request to PI Web API, paced, bounded and signed in.
 *
 * Every request passes the gate. An answer is taken whole, within the byte bound and before the deadline, or the
 * request fails; the deadline spans connecting to last byte, so an answer that drips is as late as one that never
 * starts. Redirects are not followed and proxies of the environment are not used: both would carry the credentials
 * to somebody else. `Cache-Control` is never sent: a batch refuses it and `no-cache` takes an exclusive lock
 * ("PI Web API reference", caching).
 */
import { setMaxListeners } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import type { Readable } from 'node:stream'
import { rootCertificates } from 'node:tls'
import axios, { type AxiosInstance } from 'axios'
import { BanyanError, isBanyanError } from '../../domain/errors.ts'
import { reasonOf } from '../../util/abort.ts'
import type { RequestGate } from '../source.ts'
import { parseAnswer, type Answer } from './answer.ts'
import { errorOfStatus, errorOfTransport, lateError, parseRetryAfter, protocolError } from './errors.ts'
import { DEFAULT_MAX_ANSWER_BYTES, type PiWebApiOptions } from './options.ts'
import { SignIn } from './sign-in.ts'

/** An error body is only ever shown, and shown short. */
const MAX_ERROR_BYTES = 64 * 1024

export interface Call {
  /** The request in the reader's words, for messages. */
  readonly what: string
  /** The largest number of samples the answer may carry. */
  readonly rows: number
  readonly signal: AbortSignal
  /** A failure inside an answer that succeeded as a whole: the gate is told, the answer is returned all the same. */
  readonly complaintOf?: (answer: Answer) => BanyanError | undefined
}

export interface DatedAnswer extends Answer {
  /** The web server's `Date` header, if it sent a readable one. */
  readonly dateMs: number | undefined
}

export class PiWebApiClient {
  /** Without a trailing slash. */
  readonly url: string
  readonly #host: string
  readonly #http: AxiosInstance
  readonly #agents: { readonly http: http.Agent; readonly https: https.Agent }
  readonly #gate: RequestGate
  readonly #signIn: SignIn
  readonly #timeoutMs: number
  readonly #maxAnswerBytes: number
  readonly #clock: () => number
  readonly #closing = new AbortController()

  constructor(options: PiWebApiOptions) {
    this.url = options.url.replace(/\/+$/, '')
    this.#host = new URL(this.url).host
    this.#gate = options.gate
    this.#signIn = options.auth instanceof SignIn ? options.auth : new SignIn(options.auth, options.clock)
    this.#timeoutMs = options.timeoutMs
    this.#maxAnswerBytes = options.maxAnswerBytes ?? DEFAULT_MAX_ANSWER_BYTES
    this.#clock = options.clock ?? Date.now
    // Every request in flight listens.
    setMaxListeners(0, this.closed)
    const ca = options.ca === undefined ? {} : { ca: [...rootCertificates, options.ca] }
    this.#agents = {
      http: new http.Agent({ keepAlive: true }),
      https: new https.Agent({ keepAlive: true, ...ca }),
    }
    this.#http = axios.create({
      httpAgent: this.#agents.http,
      httpsAgent: this.#agents.https,
      proxy: false,
      maxRedirects: 0,
      maxBodyLength: Number.POSITIVE_INFINITY,
      responseType: 'stream',
      transformRequest: [],
      transformResponse: [],
      validateStatus: () => true,
    })
  }

  /** `path` begins with a slash, its parts percent-encoded. */
  get(path: string, call: Call): Promise<DatedAnswer> {
    return this.#signedIn('GET', path, undefined, call)
  }

  /** Only for a `/batch` of GETs and to register for notices: Banyan never changes what a historian holds. */
  post(path: string, body: string, call: Call): Promise<DatedAnswer> {
    return this.#signedIn('POST', path, body, call)
  }

  get closed(): AbortSignal {
    return this.#closing.signal
  }

  close(): void {
    this.#closing.abort(new BanyanError('BANYAN_INTERNAL', 'the historian source is closed'))
    this.#agents.http.destroy()
    this.#agents.https.destroy()
  }

  async #signedIn(method: 'GET' | 'POST', path: string, body: string | undefined, call: Call): Promise<DatedAnswer> {
    const signIn = this.#signIn
    const hadWorked = signIn.hasWorked
    const used = signIn.header()
    try {
      return await this.#paced(method, path, body, used, call)
    } catch (error) {
      if (!isBanyanError(error, 'BANYAN_SOURCE_UNAUTHORIZED') || !signIn.refused(used, hadWorked)) throw error
    }
    const fresh = signIn.header()
    try {
      return await this.#paced(method, path, body, fresh, call)
    } catch (error) {
      if (isBanyanError(error, 'BANYAN_SOURCE_UNAUTHORIZED')) signIn.refused(fresh, false)
      throw error
    }
  }

  async #paced(
    method: 'GET' | 'POST',
    path: string,
    body: string | undefined,
    authorization: string | undefined,
    call: Call,
  ): Promise<DatedAnswer> {
    let kept: DatedAnswer | undefined
    const request = async (): Promise<DatedAnswer> => {
      const answer = await this.#exchange(method, path, body, authorization, call)
      const complaint = call.complaintOf?.(answer)
      if (complaint === undefined) return answer
      kept = answer
      throw complaint
    }
    try {
      return await this.#gate.run(call.rows, request, call.signal)
    } catch (error) {
      if (kept !== undefined) return kept
      throw error
    }
  }

  async #exchange(
    method: 'GET' | 'POST',
    path: string,
    body: string | undefined,
    authorization: string | undefined,
    { what, signal }: Call,
  ): Promise<DatedAnswer> {
    const ending = new AbortController()
    const onLate = (): void => ending.abort(lateError(what, this.#host, this.#timeoutMs))
    const timer = setTimeout(onLate, this.#timeoutMs)
    const onAbort = (): void => ending.abort(reasonOf(signal))
    const onClose = (): void => ending.abort(reasonOf(this.closed))
    signal.addEventListener('abort', onAbort, { once: true })
    this.closed.addEventListener('abort', onClose, { once: true })
    if (signal.aborted) onAbort()
    if (this.closed.aborted) onClose()
    try {
      ending.signal.throwIfAborted()
      return await this.#send(method, path, body, authorization, what, ending.signal)
    } catch (error) {
      if (ending.signal.aborted) throw reasonOf(ending.signal)
      throw error instanceof BanyanError ? error : errorOfTransport(error, what, this.#host)
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      this.closed.removeEventListener('abort', onClose)
    }
  }

  async #send(
    method: 'GET' | 'POST',
    path: string,
    body: string | undefined,
    authorization: string | undefined,
    what: string,
    signal: AbortSignal,
  ): Promise<DatedAnswer> {
    const response = await this.#http.request<Readable>({
      method,
      url: this.url + path,
      headers: {
        Accept: 'application/json',
        'Accept-Encoding': 'gzip',
        'User-Agent': 'banyan',
        ...(authorization === undefined ? {} : { Authorization: authorization }),
        // The CSRF defence (on by default since 2017) wants this header on everything but GET.
        ...(body === undefined ? {} : { 'X-Requested-With': 'banyan', 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { data: body }),
      signal,
    })
    const { status, headers } = response
    const header = (name: string): string | undefined => {
      const value: unknown = headers[name]
      return typeof value === 'string' ? value : undefined
    }
    if (status < 200 || status > 299) {
      const text = (await readUpTo(response.data, MAX_ERROR_BYTES, signal)).bytes.toString('utf8')
      throw errorOfStatus(
        {
          status,
          body: jsonOr(text),
          retryAfterMs: parseRetryAfter(header('retry-after'), this.#clock()),
          location: header('location'),
        },
        what,
      )
    }
    this.#signIn.accepted()
    const { bytes, whole } = await readUpTo(response.data, this.#maxAnswerBytes, signal)
    if (!whole) {
      throw protocolError(`${what}: the answer is larger than ${this.#maxAnswerBytes} bytes`, 'too-large')
    }
    const dateMs = Date.parse(header('date') ?? '')
    return { ...parseAnswer(bytes, what), dateMs: Number.isNaN(dateMs) ? undefined : dateMs }
  }
}

/** At most `limit` bytes; the rest is not read. */
async function readUpTo(
  body: Readable,
  limit: number,
  signal: AbortSignal,
): Promise<{ bytes: Buffer; whole: boolean }> {
  const chunks: Buffer[] = []
  let total = 0
  const stop = (): void => void body.destroy(reasonOf(signal))
  signal.addEventListener('abort', stop, { once: true })
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      total += chunk.length
      // Leaving the loop destroys the stream, and with it the connection.
      if (total > limit) return { bytes: Buffer.concat(chunks), whole: false }
      chunks.push(chunk)
    }
  } finally {
    signal.removeEventListener('abort', stop)
  }
  return { bytes: Buffer.concat(chunks), whole: true }
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
