/**
 * Stream updates (PI Web API reference, "Stream Updates"): registrations in memory, markers `<guid>_<n>` that say
 * how many events of a stream a client has seen, and the events themselves.
 *
 * A registration is gone when nobody asked for longer than its lifetime, when it missed events because it holds no
 * more than its bound, and after a restart; then the marker is unknown and the client must re-register and re-read.
 * An event may be asked for again with its old marker, so that a lost answer loses nothing.
 */
import type { PiEvent } from './series.ts'

/** `Refresh` is documented by its name only, and never sent. */
export type UpdateAction = 'Add' | 'Update' | 'Delete' | 'Insert'

export interface StreamUpdate {
  readonly action: UpdateAction
  /** For Add: what became of the snapshot it displaced. By the name only; a real server may mean more. */
  readonly previousEventAction: 'PreviousEventArchived' | 'None'
  readonly event: PiEvent
}

export interface UpdatesOptions {
  /** 32 hex digits, never the same twice. */
  readonly newGuid: () => string
  /** Ticks without a request until a registration expires; asked each time, so that it may change. */
  readonly lifetime: () => bigint
  /** Events one registration holds for a client that does not ask. */
  readonly maxEvents: number
}

export interface Registered {
  readonly status: 'Succeeded' | 'AlreadyRegistered'
  readonly latestMarker: string
}

export type Retrieved<Stream> =
  | {
      readonly ok: true
      readonly stream: Stream
      readonly requestedMarker: string
      readonly latestMarker: string
      readonly events: readonly StreamUpdate[]
    }
  /** 404: no such cache (never, expired, restarted). 409: not a marker of this stream, or its events are gone. */
  | { readonly ok: false; readonly status: 404 | 409; readonly error: string }

interface Registration<Stream> {
  readonly guid: string
  readonly stream: Stream
  /** The last events, `maxEvents` or more; `latest - events.length` came before them. */
  readonly events: StreamUpdate[]
  latest: number
  askedAt: bigint
}

const MARKER = /^([0-9a-f]{32})_(\d{1,15})$/

/** `Stream` is what the caller knows a stream by; two streams are one when they are the same object. */
export class StreamUpdates<Stream> {
  readonly #options: UpdatesOptions
  readonly #byStream = new Map<Stream, Registration<Stream>>()
  readonly #byGuid = new Map<string, Registration<Stream>>()

  constructor(options: UpdatesOptions) {
    this.#options = options
  }

  /** A second registration of a stream joins the first. */
  register(stream: Stream, now: bigint): Registered {
    const known = this.#alive(this.#byStream.get(stream), now)
    if (known !== undefined) {
      known.askedAt = now
      return { status: 'AlreadyRegistered', latestMarker: markerOf(known) }
    }
    const fresh: Registration<Stream> = { guid: this.#options.newGuid(), stream, events: [], latest: 0, askedAt: now }
    this.#byStream.set(stream, fresh)
    this.#byGuid.set(fresh.guid, fresh)
    return { status: 'Succeeded', latestMarker: markerOf(fresh) }
  }

  /** Notes a change for whoever registered the stream. */
  record(stream: Stream, update: StreamUpdate): void {
    const registration = this.#byStream.get(stream)
    if (registration === undefined) return
    registration.events.push(update)
    registration.latest++
    // Dropped by the bound's worth, not one by one: a full list would be moved with every event.
    if (registration.events.length >= 2 * this.#options.maxEvents)
      registration.events.splice(0, this.#options.maxEvents)
  }

  retrieve(marker: string, now: bigint): Retrieved<Stream> {
    const [, guid, number] = MARKER.exec(marker) ?? []
    if (guid === undefined)
      return { ok: false, status: 409, error: `The marker '${marker.slice(0, 64)}' is not valid.` }
    const registration = this.#alive(this.#byGuid.get(guid), now)
    if (registration === undefined) {
      return { ok: false, status: 404, error: `The stream updates cache of marker '${marker}' was not found.` }
    }
    const seen = Number(number)
    const held = registration.latest - registration.events.length
    if (seen > registration.latest) return { ok: false, status: 409, error: `The marker '${marker}' is not valid.` }
    if (registration.latest - seen > this.#options.maxEvents) {
      // As documented, an error while retrieving unregisters the stream.
      this.#drop(registration)
      return { ok: false, status: 409, error: `Events after the marker '${marker}' are no longer available.` }
    }
    registration.askedAt = now
    return {
      ok: true,
      stream: registration.stream,
      requestedMarker: marker,
      latestMarker: markerOf(registration),
      events: registration.events.slice(seen - held),
    }
  }

  /** What a restart of the server does: every marker is lost. */
  restart(): void {
    this.#byStream.clear()
    this.#byGuid.clear()
  }

  #alive(registration: Registration<Stream> | undefined, now: bigint): Registration<Stream> | undefined {
    if (registration === undefined || now - registration.askedAt <= this.#options.lifetime()) return registration
    this.#drop(registration)
    return undefined
  }

  #drop(registration: Registration<Stream>): void {
    this.#byStream.delete(registration.stream)
    this.#byGuid.delete(registration.guid)
  }
}

function markerOf(registration: { readonly guid: string; readonly latest: number }): string {
  return `${registration.guid}_${registration.latest}`
}
