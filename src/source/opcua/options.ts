/** What the OPC UA adapter needs to know, and the limits it sets itself. */
import type { OpcUaAddress } from '../../domain/opc-ua-address.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { RequestGate } from '../source.ts'

export interface OpcUaOptions {
  /** The historian's name in the configuration: first part of its tag ids. */
  readonly historian: string
  /** `opc.tcp://host:port[/path]`. */
  readonly endpoint: string
  readonly security: OpcUaSecurity
  readonly identity: OpcUaIdentity
  readonly nodes: OpcUaNodes
  /** From sending a request to the end of its answer. Also each step of connecting. */
  readonly timeoutMs: number
  readonly gate: RequestGate
  readonly logger: Logger
  /** Failures without progress in between until a request is given up. Default `DEFAULT_MAX_ATTEMPTS`. */
  readonly maxAttempts?: number | undefined
  /** Wait before the second attempt. Default `DEFAULT_RETRY_DELAY_MS`. */
  readonly retryDelayMs?: number | undefined
  /** Milliseconds since 1970 by our clock. Default `Date.now`. */
  readonly clock?: (() => number) | undefined
}

export interface OpcUaSecurity {
  readonly mode: 'None' | 'Sign' | 'SignAndEncrypt'
  readonly policy: 'None' | 'Basic256Sha256' | 'Aes128_Sha256_RsaOaep' | 'Aes256_Sha256_RsaPss'
  /** Folder of our key and certificate, and of the certificates of servers we trust. Made when missing. */
  readonly pki: string
}

/** Secrets are read when a session is made, never kept by us. */
export type OpcUaIdentity =
  | { readonly type: 'anonymous' }
  | { readonly type: 'username'; readonly username: string; readonly password: () => string }
  /** PEM or DER. */
  | { readonly type: 'certificate'; readonly certificateFile: string; readonly privateKeyFile: string }

/** How a tag's name becomes a node. */
export type OpcUaNodes =
  | { readonly kind: 'list'; readonly entries: ReadonlyMap<string, OpcUaAddress> }
  /** `{name}` stands for the tag's name: `nsu=urn:plant;s={name}`. */
  | { readonly kind: 'pattern'; readonly pattern: string }
  /** Every variable with history below this node is a tag. */
  | { readonly kind: 'browse'; readonly root: OpcUaAddress }

/** With one request in ten failing, eight attempts leave one failure in a hundred million. */
export const DEFAULT_MAX_ATTEMPTS = 8

export const DEFAULT_RETRY_DELAY_MS = 250

/** Eight attempts then take about half a minute: an outage longer than that is for the caller to sit out. */
export const MAX_RETRY_DELAY_MS = 15_000

/** Pages up to this size share a call with their neighbours; larger ones are worth a call of their own. */
export const SMALL_PAGE = 1000

/** How long a small request waits for company: well below one round trip to a real historian. */
export const COALESCE_MS = 4

/** Most nodes of one HistoryRead; what servers say they allow (if they do) is often less. */
export const MAX_NODES_PER_CALL = 100

/** Most rows one call may bring: about 2 MB of answer for numbers. */
export const MAX_ROWS_PER_CALL = 100_000
