/**
 * OpcUaSource: an OPC UA server with Historical Access behind the HistorianSource port. Only wiring: each promise of the
 * port is kept in the file named after it.
 */
import { setMaxListeners } from 'node:events'
import { BanyanError } from '../../domain/errors.ts'
import type { OpcUaAddress } from '../../domain/opc-ua-address.ts'
import type { Tag } from '../../domain/tag.ts'
import type { Window } from '../../domain/window.ts'
import type { Catalogue, HistorianSource, Hint, ReadOptions, SamplePage, SourceProbe, TagSelection } from '../source.ts'
import { listCatalogue } from './catalogue.ts'
import { Connection } from './connection.ts'
import { closedError, notFoundError } from './errors.ts'
import { HistoryReader } from './history-read.ts'
import { Nodes } from './nodes.ts'
import type { OpcUaOptions } from './options.ts'
import { printable } from './printable.ts'
import { probe } from './probe.ts'
import { TagReader } from './reader.ts'
import { Requests, retryPolicy } from './requests.ts'

/** A person waits for the answer to a probe: two attempts tell a hiccup from an outage. */
const PROBE_ATTEMPTS = 2

/** Nothing is sent before it is used: the connection is made by the first request. */
export function openOpcUaSource(options: OpcUaOptions): HistorianSource {
  return new OpcUaSource(options)
}

class OpcUaSource implements HistorianSource {
  readonly historian: string
  readonly #options: OpcUaOptions
  readonly #connection: Connection
  readonly #requests: Requests
  readonly #probeRequests: Requests
  readonly #reader: TagReader
  #closed = false

  constructor(options: OpcUaOptions) {
    this.historian = options.historian
    this.#options = options
    this.#connection = new Connection(options)
    const parts = { ...options, connection: this.#connection }
    this.#requests = new Requests(parts)
    const maxAttempts = Math.min(PROBE_ATTEMPTS, options.maxAttempts ?? PROBE_ATTEMPTS)
    this.#probeRequests = new Requests({ ...parts, maxAttempts })
    this.#reader = new TagReader({
      history: new HistoryReader(parts),
      nodes: new Nodes(this.#requests),
      policy: retryPolicy(options),
      addressOf,
    })
  }

  async probe(signal: AbortSignal): Promise<SourceProbe> {
    this.#begin(signal)
    const { nodes, identity, clock } = this.#options
    return probe({ requests: this.#probeRequests, nodes, identity, clock: clock ?? Date.now }, signal)
  }

  async catalogue(selection: TagSelection, signal: AbortSignal): Promise<Catalogue> {
    this.#begin(signal)
    const { historian, nodes, logger } = this.#options
    return listCatalogue({ requests: this.#requests, historian, nodes, logger }, selection, signal)
  }

  async *read(
    tag: Tag,
    window: Window,
    { pageSize }: ReadOptions,
    signal: AbortSignal,
  ): AsyncGenerator<SamplePage, void, undefined> {
    this.#begin(signal)
    yield* this.#reader.readWindow(tag, window, pageSize, signal)
  }

  /** There is no summary of raw samples: aggregates count something else. */
  async count(_tag: Tag, windows: readonly Window[], signal: AbortSignal): Promise<undefined[]> {
    this.#begin(signal)
    return windows.map(() => undefined)
  }

  /** As for `count`. */
  async summarise(_tag: Tag, windows: readonly Window[], signal: AbortSignal): Promise<undefined[]> {
    this.#begin(signal)
    return windows.map(() => undefined)
  }

  /** Rejects at the first step. */
  hints(_tags: readonly Tag[], _everyMs: number, signal: AbortSignal): AsyncIterable<readonly Hint[]> {
    return {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          this.#begin(signal)
          throw new BanyanError('BANYAN_SOURCE_REJECTED', 'an OPC UA server gives no notices of changed history', {
            hint: 'Nothing depends on them: without notices changes are found by looking.',
          })
        },
      }),
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#connection.close()
  }

  /** Hundreds of requests may hang on one caller's signal; Node takes more than ten for a leak. */
  #begin(signal: AbortSignal): void {
    if (this.#closed) throw closedError()
    signal.throwIfAborted()
    setMaxListeners(0, signal)
  }
}

function addressOf({ name, address }: Tag): OpcUaAddress {
  if (address.opcua !== undefined) return address.opcua
  throw notFoundError(`reading tag ${printable(name)}`, 'of this name')
}
