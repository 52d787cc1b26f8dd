/**
 * Features: what this server can do, found out by a cheap call and never from its version text.
 *
 * `/batch` may be missing (an old server, a read-only gateway) or refused (a proxy that lets only GET through): then
 * everything works with single calls, only slower.
 */
import { isBanyanError } from '../../domain/errors.ts'
import { abortable } from '../../util/abort.ts'
import { isObject } from './answer.ts'
import type { PiWebApiClient } from './client.ts'
import type { Retrying } from './retrying.ts'

interface Found {
  readonly batch: boolean
  /** Who the historian says we are: asked along with the detection. */
  readonly user: string | undefined
}

export class Features {
  readonly #client: PiWebApiClient
  readonly #retrying: Retrying
  #found: Promise<Found> | undefined

  constructor(client: PiWebApiClient, retrying: Retrying) {
    this.#client = client
    this.#retrying = retrying
  }

  /** Asks once; a failure that may pass is thrown and forgotten. */
  async find(signal: AbortSignal): Promise<Found> {
    signal.throwIfAborted()
    // Shared by all callers, so no single caller's signal may end it.
    this.#found ??= this.#retrying(() => this.#detect(), this.#client.closed).catch((error: unknown) => {
      this.#found = undefined
      throw error
    })
    return abortable(this.#found, signal)
  }

  /** Asks again at the next call: a real batch was refused, or somebody wants to know how things are now. */
  forget(): void {
    this.#found = undefined
  }

  async #detect(): Promise<Found> {
    const who = { Method: 'GET', Resource: `${this.#client.url}/system/userinfo` }
    try {
      const { json } = await this.#client.post('/batch', JSON.stringify({ who }), {
        what: 'asking whether batches are allowed',
        rows: 0,
        signal: this.#client.closed,
      })
      const answer = json['who']
      if (!isObject(answer) || typeof answer['Status'] !== 'number') return { batch: false, user: undefined }
      const content = answer['Content']
      const name = answer['Status'] === 200 && isObject(content) ? content['Name'] : undefined
      return { batch: true, user: typeof name === 'string' ? name : undefined }
    } catch (error) {
      if (isBatchRefusal(error)) return { batch: false, user: undefined }
      throw error
    }
  }
}

/** The server or something before it does not take batches, whatever is in them. */
export function isBatchRefusal(error: unknown): boolean {
  return isBanyanError(error, 'BANYAN_SOURCE_NOT_FOUND', 'BANYAN_SOURCE_FORBIDDEN', 'BANYAN_SOURCE_REJECTED')
}
