/**
 * Switches: everything a real server is not known to do one way or the other, and every fault that can be asked for.
 * All may change while the simulator runs. Probabilities are per request unless a switch says otherwise, from 0 (off)
 * to 1; the dice come from the simulator's seed.
 */
import { z } from 'zod'

const probability = z.number().min(0).max(1)
const count = z.number().int().min(0)

export const switchesSchema = z.strictObject({
  // What a real server may or may not do.

  /** Order of events at one time: as inserted, reversed (another collective member), or shuffled anew per call. */
  tieOrder: z.enum(['insert', 'reversed', 'shuffled']).default('insert'),
  /** Do recorded answers hold the snapshot, which compression may still drop? */
  snapshotInRecorded: z.boolean().default(true),
  /** How a printed time finds its place on the 1/65536-s grid again. */
  timeParsing: z.enum(['round', 'floor']).default('round'),
  /** Does maxCount of a streamset bound each stream, or their sum? */
  streamsetMaxCount: z.enum(['perStream', 'total']).default('perStream'),
  /** MaxReturnedItemsPerCall: a larger maxCount is refused with 400. May be lowered while a client runs. */
  maxReturnedItems: z.number().int().min(1).default(150_000),
  /** Largest number of sub-requests of one batch, expanded templates included. */
  maxBatchRequests: z.number().int().min(1).default(1000),
  /** Is POST /batch there at all? */
  batch: z.boolean().default(true),
  /** Is points/search there (2021 SP3 and later)? */
  pointsSearch: z.boolean().default(true),
  /** Are stream updates there (2019 and later)? */
  streamUpdates: z.boolean().default(true),
  /** How long a marker of stream updates lives without being asked for. */
  markerLifetimeSeconds: z.number().min(0).default(3600),
  /** Do collections carry First, Previous, Next and Last? */
  pagingLinks: z.boolean().default(true),
  /** The form of WebIDs in answers to requests without webIdType. */
  webIdType: z.enum(['Full', 'IDOnly', 'PathOnly']).default('Full'),
  /** NaN and infinities as quoted strings, or as a null value with Errors. */
  nonFinite: z.enum(['string', 'error']).default('string'),
  /** Are bad events counted by an event-weighted Count? */
  countIncludesBad: z.boolean().default(true),
  /** Compress answers for clients that accept gzip. */
  gzip: z.boolean().default(true),
  /** EnableCSRFDefense: requests other than GET need X-Requested-With. */
  csrfDefence: z.boolean().default(true),
  csrfStatus: z.union([z.literal(400), z.literal(403)]).default(400),
  /** Longest path segment the web server takes (http.sys UrlSegmentMaxLength). */
  maxPathSegment: z.number().int().min(1).default(260),
  /** Largest request body in bytes; larger is 413. */
  maxBodyBytes: z.number().int().min(1).default(4_194_304),
  /** Answers only administrators get (system/versions and the like). */
  administrator: z.boolean().default(false),

  // Access and load.

  /** Password or token accepted instead of the one the simulator was created with: rotation or expiry. */
  acceptedSecret: z.string().nullable().default(null),
  /** RateLimitMaxRequests per second and client address; 0 = no limit. */
  rateLimitPerSecond: count.default(1000),
  /** What a 429 or 503 says about when to come back. */
  retryAfter: z.enum(['none', 'seconds', 'date']).default('seconds'),
  retryAfterSeconds: count.default(1),
  latencyMs: z.number().min(0).default(0),
  /** Added to the latency: uniform between 0 and this. */
  latencyJitterMs: z.number().min(0).default(0),
  /** The server's clock minus the true time of its data, as ServerTime and `*` show it. */
  clockOffsetMs: z.number().default(0),

  // Faults of the whole answer.

  /** Every request is answered with this status, or its connection is reset without an answer; 0 = off. */
  outage: z.union([z.literal(0), z.literal('reset'), z.number().int().min(400).max(599)]).default(0),
  serverErrorProbability: probability.default(0),
  throttleProbability: probability.default(0),
  /** 200 with a web page instead of JSON, as a proxy's login page. */
  htmlProbability: probability.default(0),
  /** The connection is reset in the middle of the body. */
  cutProbability: probability.default(0),
  /** The body ends early, in proper HTTP. */
  truncateProbability: probability.default(0),
  slowDripProbability: probability.default(0),
  slowDripBytesPerSecond: z.number().int().min(1).default(1000),
  /** Per sub-request of a batch: it alone fails with a 5xx or 429. */
  batchItemErrorProbability: probability.default(0),

  // Faults inside a recorded answer, each at one random row.

  /** The server fails while streaming: fewer rows, then WebException, under 200. */
  webExceptionProbability: probability.default(0),
  /** A row with `Value: null` and Errors. */
  valueErrorProbability: probability.default(0),
  /** A row that cannot be decoded. */
  undecodableProbability: probability.default(0),
  /** Two neighbouring rows in the wrong order. */
  outOfOrderProbability: probability.default(0),

  // Changes of the catalogue while it is read.

  /** The named tag is deleted after that many reads of its recorded values. */
  deleteMidway: z.strictObject({ tag: z.string(), afterReads: count }).nullable().default(null),
  /** The named tag changes its type after that many reads of its recorded values. */
  retypeMidway: z
    .strictObject({ tag: z.string(), afterReads: count, to: z.enum(['Float32', 'Float64', 'Int32', 'String']) })
    .nullable()
    .default(null),
})

export type Switches = Readonly<z.infer<typeof switchesSchema>>

/** The switches with a change applied; throws on an unknown switch or an impossible value, and then changes nothing. */
export function changeSwitches(current: Switches, change: unknown): Switches {
  const named = z.record(z.string(), z.unknown()).parse(change)
  return switchesSchema.parse({ ...current, ...named })
}
