/**
 * PiWebApiSource: the PI Web API behind the HistorianSource port. Only wiring: each promise of the port is kept in the
 * file named after it.
 */
import { setMaxListeners } from 'node:events'
import type { Tag } from '../../domain/tag.ts'
import type { Window } from '../../domain/window.ts'
import { abortable } from '../../util/abort.ts'
import type { Catalogue, HistorianSource, Hint, ReadOptions, SamplePage, SourceProbe, TagSelection } from '../source.ts'
import { Batch } from './batch.ts'
import { listCatalogue, type ServerAddress } from './catalogue.ts'
import { PiWebApiClient } from './client.ts'
import { countWindows } from './count.ts'
import { decodePointType } from './entities.ts'
import { printable } from './errors.ts'
import { Features } from './features.ts'
import { DEFAULT_BATCH_SIZE, type PiWebApiOptions } from './options.ts'
import { PageSize } from './page-size.ts'
import { findServer, probe, type ProbeParts } from './probe.ts'
import { readWindow, type ReaderParts } from './reader.ts'
import { createRetrying, type Retrying } from './retrying.ts'
import { Streamset } from './streamset.ts'
import { summariseWindows } from './summarise.ts'
import { watchUpdates } from './updates.ts'

/** A person waits for the answer to a probe: two attempts tell a hiccup from an outage. */
const PROBE_ATTEMPTS = 2

export function openPiWebApiSource(options: PiWebApiOptions): HistorianSource {
  return new PiWebApiSource(options)
}

class PiWebApiSource implements HistorianSource {
  readonly historian: string
  readonly #options: PiWebApiOptions
  readonly #client: PiWebApiClient
  readonly #features: Features
  readonly #batch: Batch
  readonly #retrying: Retrying
  readonly #probe: ProbeParts
  readonly #reader: ReaderParts
  #server: Promise<ServerAddress> | undefined

  constructor(options: PiWebApiOptions) {
    this.historian = options.historian
    this.#options = options
    const clock = options.clock ?? Date.now
    const client = new PiWebApiClient(options)
    const retrying = createRetrying(options)
    const features = new Features(client, retrying)
    const batch = new Batch({ client, features, batchSize: options.batchSize ?? DEFAULT_BATCH_SIZE, retrying, clock })
    this.#client = client
    this.#features = features
    this.#batch = batch
    this.#retrying = retrying
    const attempts = Math.min(PROBE_ATTEMPTS, options.maxAttempts ?? PROBE_ATTEMPTS)
    this.#probe = {
      client,
      features,
      retrying: createRetrying({ ...options, maxAttempts: attempts }),
      historian: options.historian,
      dataServer: options.dataServer,
      clock,
    }
    this.#reader = {
      client,
      streamset: new Streamset({ batch, retrying }),
      pageSize: new PageSize(),
      typeNow: async (webId, tagName, signal) => {
        const what = `asking for the type of tag ${printable(tagName)}`
        return decodePointType((await client.get(`/points/${webId}`, { what, rows: 0, signal })).json, what)
      },
      retrying,
    }
  }

  probe(signal: AbortSignal): Promise<SourceProbe> {
    return probe(this.#probe, signal)
  }

  async catalogue(selection: TagSelection, signal: AbortSignal): Promise<Catalogue> {
    expectListeners(signal)
    const parts = {
      client: this.#client,
      features: this.#features,
      batch: this.#batch,
      retrying: this.#retrying,
      logger: this.#options.logger,
    }
    return listCatalogue(parts, await this.#findServer(signal), selection, signal)
  }

  read(tag: Tag, window: Window, options: ReadOptions, signal: AbortSignal): AsyncIterable<SamplePage> {
    expectListeners(signal)
    return readWindow(this.#reader, tag, window, options, signal)
  }

  count(tag: Tag, windows: readonly Window[], signal: AbortSignal): Promise<(number | undefined)[]> {
    expectListeners(signal)
    return countWindows({ batch: this.#batch, retrying: this.#retrying }, tag, windows, signal)
  }

  summarise(tag: Tag, windows: readonly Window[], signal: AbortSignal): Promise<(string | undefined)[]> {
    expectListeners(signal)
    return summariseWindows({ batch: this.#batch, retrying: this.#retrying }, tag, windows, signal)
  }

  hints(tags: readonly Tag[], everyMs: number, signal: AbortSignal): AsyncIterable<readonly Hint[]> {
    const parts = { client: this.#client, batch: this.#batch, retrying: this.#retrying }
    // Between two polls nothing else would notice that the source was closed.
    const ending = AbortSignal.any([signal, this.#client.closed])
    expectListeners(ending)
    return watchUpdates(parts, tags, everyMs, ending)
  }

  async close(): Promise<void> {
    this.#client.close()
  }

  /** Its WebID is asked for once; a failure is forgotten. */
  async #findServer(signal: AbortSignal): Promise<ServerAddress> {
    signal.throwIfAborted()
    this.#server ??= findServer({ ...this.#probe, retrying: this.#retrying }, this.#client.closed).then(
      ({ server }) => server,
      (error: unknown) => {
        this.#server = undefined
        throw error
      },
    )
    return abortable(this.#server, signal)
  }
}

/** Hundreds of requests may hang on one caller's signal; Node takes more than ten for a leak. */
function expectListeners(signal: AbortSignal): void {
  setMaxListeners(0, signal)
}
