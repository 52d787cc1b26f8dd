/** What the PI Web API adapter needs to know, and the limits it sets itself. */
import type { Logger } from '../../telemetry/logger.ts'
import type { RequestGate } from '../source.ts'
import type { PiWebApiAuth, SignIn } from './sign-in.ts'

export interface PiWebApiOptions {
  /** The historian's name in the configuration: first part of its tag ids. */
  readonly historian: string
  /** Base of the service, e.g. `https://pi.example.org/piwebapi`. No credentials in it. */
  readonly url: string
  /** Name of the PI Data Archive to read. */
  readonly dataServer: string
  /** A `SignIn` where several adapters share one account. */
  readonly auth: PiWebApiAuth | SignIn
  /** PEM of a certificate authority to trust beside the well-known ones. */
  readonly ca?: string | undefined
  /** From sending a request to the last byte of its answer; a dripping answer does not extend it. */
  readonly timeoutMs: number
  /** Largest answer read, after decompression. Default `DEFAULT_MAX_ANSWER_BYTES`. */
  readonly maxAnswerBytes?: number | undefined
  /** Most sub-requests of one batch. Default `DEFAULT_BATCH_SIZE`. */
  readonly batchSize?: number | undefined
  /** Attempts at one request that fails for reasons that pass. Default `DEFAULT_MAX_ATTEMPTS`. */
  readonly maxAttempts?: number | undefined
  /** Wait before the second attempt. Default `DEFAULT_RETRY_DELAY_MS`. */
  readonly retryDelayMs?: number | undefined
  readonly gate: RequestGate
  readonly logger: Logger
  /** Milliseconds since 1970 by our clock. Default `Date.now`. */
  readonly clock?: (() => number) | undefined
}

/** A full page of 150,000 values is about 24 MB of JSON; strings and blobs may be a few times that. */
export const DEFAULT_MAX_ANSWER_BYTES = 64 * 1024 * 1024

/** The server documents no bound; 100 keeps one bad batch cheap and 1,000 tags within ten requests. */
export const DEFAULT_BATCH_SIZE = 100

/** With one request in ten failing, eight attempts leave one failure in a hundred million. */
export const DEFAULT_MAX_ATTEMPTS = 8

export const DEFAULT_RETRY_DELAY_MS = 250

/** Eight attempts then take about half a minute: an outage longer than that is for the caller to sit out. */
export const MAX_RETRY_DELAY_MS = 15_000

/** Pages up to this size are coalesced with their neighbours; larger ones are worth a request of their own. */
export const SMALL_PAGE = 1_000

/** How long a small request waits for company: well below one round trip to a real historian. */
export const COALESCE_MS = 4

/** Most samples one coalesced call may carry: about 16 MB of JSON, and half the default rows in flight. */
export const MAX_COALESCED_ROWS = 100_000
