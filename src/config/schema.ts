/**
 * The shape of banyan.yaml. Strict: a key that does nothing is an error, because a misspelt limit that is silently
 * ignored hurts a historian. The JSON Schema (docs/banyan.schema.json) is generated from here, so every key carries
 * its description and default.
 */
import { z } from 'zod'
import { BACKFILL_ORDERS, COMPRESSION_RULES, PARITY_POLICIES, REPAIR_MODES } from './config.ts'
import { normalCron } from './cron.ts'
import { opcUaSchema } from './opcua-schema.ts'
import { parseListen } from './scalars.ts'
import {
  count,
  DAY_MS,
  duration,
  environmentName,
  HOUR_MS,
  limitKeys,
  MINUTE_MS,
  must,
  name,
  outage,
  requestTimeout,
  SECOND_MS,
  text,
  time,
  timeZone,
} from './schema-parts.ts'
import { cutoverSchema, workloadsSchema } from './workload-schema.ts'

/** PI Web API never gives more values per call than its configured ceiling, 150,000 unless an administrator raised it. */
const MAX_PAGE_SIZE = 150_000
/** PI Web API refuses larger batches on common configurations. */
const MAX_BATCH_SIZE = 200
/** Kafka's guidance for one topic of one application; each also costs memory here. */
const MAX_PARTITIONS = 1024
const MAX_WRITERS = 64
/** Kafka's own type for it. */
const MAX_REPLICATION_FACTOR = 32_767
/** Topic names end at 249 characters; the longest suffix of ours is `.checkpoints`. */
const MAX_TOPIC_PREFIX_LENGTH = 200
/** A window of an hour in ten years: whoever wants less looks at nothing. */
const MAX_SAMPLE_EVERY = 100_000
const MAX_SEED = 2 ** 32 - 1
/** Below it no plant has windows enough to draw from; above it nothing is promised. */
const MIN_RATE = 1e-7
const MAX_RATE = 0.5
/** Each sweep reads its look-back again: more than a handful is load without new evidence. */
const MAX_SWEEPS = 16

const basicAuthSchema = z.strictObject({
  type: z.literal('basic'),
  username: text('The account. It needs read access only.'),
  passwordFile: text('File that holds the password; read anew when needed.').optional(),
  passwordEnv: environmentName.optional().meta({ description: 'Environment variable that holds the password.' }),
})

const bearerAuthSchema = z.strictObject({
  type: z.literal('bearer'),
  tokenFile: text('File that holds the token; read anew when needed.').optional(),
  tokenEnv: environmentName.optional().meta({ description: 'Environment variable that holds the token.' }),
})

const noAuthSchema = z.strictObject({ type: z.literal('none') })

const limitsSchema = z.strictObject({
  ...limitKeys({ concurrency: 8, requestsPerSecond: 50, rowsInFlight: 200_000 }),
  batchSize: count('Sub-requests in one /batch call, at most. Default 100.', MAX_BATCH_SIZE).default(100),
})

const piWebApiSchema = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, ...must('an http(s) address such as https://pi.example.org/piwebapi') })
    .meta({ description: 'Base address of PI Web API, e.g. https://pi.example.org/piwebapi.' }),
  dataServer: text('Name of the PI data server as PI Web API lists it.'),
  auth: z
    .discriminatedUnion('type', [basicAuthSchema, bearerAuthSchema, noAuthSchema])
    .meta({ description: 'How to sign in: basic, bearer or none.' }),
  tls: z
    .strictObject({ caFile: text("PEM file with the authorities to trust in place of the system's.").optional() })
    .optional(),
  pageSize: count('Values per stream per call. Default 10000.', MAX_PAGE_SIZE).default(10_000),
  timeout: requestTimeout(),
  outage: outage('How long an unreachable historian is retried before a job stops. Default 5m.').prefault('5m'),
  limits: limitsSchema.prefault({}),
})

const historianSchema = z.strictObject({
  piWebApi: piWebApiSchema.optional().meta({ description: 'PI Web API of this historian.' }),
  opcua: opcUaSchema.optional().meta({ description: 'OPC UA Historical Access: the fallback, or the only source.' }),
})

const tagRuleSchema = z.strictObject({
  historian: text('One of the historians above.'),
  include: z
    .array(text('A PI name mask.'))
    .default([])
    .meta({ description: 'PI name masks: * any run, ? one character.' }),
  exclude: z.array(text('A PI name mask.')).default([]).meta({ description: 'Name masks of tags to leave out.' }),
  file: text('A file of exact tag names: one per line, or the first column of a .csv file.').optional(),
  backfill: z
    .strictObject({
      from: time('Start of the history to copy, inclusive.'),
      until: time('End of the history to copy, exclusive. Default: now, less the settle time.').optional(),
      order: z
        .enum(BACKFILL_ORDERS)
        .default('newest-first')
        .meta({ description: 'Which end of the history is copied first. Default newest-first.' }),
    })
    .optional(),
})

const kafkaSchema = z.strictObject({
  brokers: z
    .array(z.string().regex(/^(\[[0-9A-Fa-f:.]+\]|[^\s:,/]+):\d{1,5}$/, must('host:port')))
    .min(1)
    .meta({ description: 'Brokers to start from, host:port each.' }),
  topicPrefix: z
    .string()
    .max(MAX_TOPIC_PREFIX_LENGTH)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, must('letters, digits, dots, underscores and hyphens'))
    .default('historian')
    .meta({ description: 'First part of every topic name. Default historian.' }),
  partitions: count(
    'Partitions of the sample topic. Cannot change once records exist. Default 12.',
    MAX_PARTITIONS,
  ).default(12),
  replicationFactor: count('Replicas of the topics created. Default 3.', MAX_REPLICATION_FACTOR).default(3),
  writers: count('Writer shards, at most one per partition. Default 1.', MAX_WRITERS).default(1),
  mode: z
    .enum(['transactional', 'idempotent'])
    .default('transactional')
    .meta({ description: 'idempotent only for brokers without transactions. Default transactional.' }),
  compression: z.enum(['gzip', 'none']).default('gzip').meta({ description: 'Default gzip.' }),
  tls: z
    .strictObject({
      caFile: text("PEM file with the authorities to trust in place of the system's.").optional(),
    })
    .optional()
    .meta({ description: 'Present, even empty: connect with TLS.' }),
  sasl: z
    .strictObject({
      mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']),
      username: text('The Kafka account.'),
      passwordFile: text('File that holds the password.').optional(),
      passwordEnv: environmentName.optional().meta({ description: 'Environment variable that holds the password.' }),
    })
    .optional(),
  outage: outage('How long an unreachable Kafka is retried before a job stops. Default 2m.').prefault('2m'),
})

const embeddedSchema = z.strictObject({
  file: text('SQLite file of the embedded log.'),
  partitions: count('Default 4. Cannot change once records exist.', MAX_PARTITIONS).default(4),
})

/** Periods below a second are load, not freshness. */
const PERIOD = { minMs: SECOND_MS, maxMs: 30 * DAY_MS, range: '1s and 30d' }

const sweepSchema = z.strictObject({
  every: duration('Period of the sweep: this or cron.', PERIOD).optional(),
  cron: z
    .string()
    .transform((pattern, context) => {
      const { cron, problem } = normalCron(pattern)
      if (problem === undefined) return cron
      context.addIssue({ code: 'custom', message: problem })
      return z.NEVER
    })
    .optional()
    .meta({ description: 'When to sweep, as five cron fields, e.g. "0 2 * * *": this or every.' }),
  timeZone: timeZone.optional().meta({ description: 'IANA zone of the cron fields. Default UTC.' }),
  lookBack: duration('How far back samples are compared with the historian.', {
    minMs: SECOND_MS,
    // Ten years: beyond it a verification, which keeps its evidence, is the tool.
    maxMs: 3650 * DAY_MS,
    range: '1s and 3650d',
  }),
})

const syncSchema = z.strictObject({
  // A tail that looks less often than once an hour is a schedule of backfills.
  interval: duration('How often new samples are read. Default 10s.', {
    minMs: SECOND_MS,
    maxMs: HOUR_MS,
    range: '1s and 1h',
  }).prefault('10s'),
  settle: duration('How long after its timestamp a sample may still change by normal means. Default 30s.', {
    minMs: 0,
    maxMs: DAY_MS,
    range: '0s and 1d',
  }).prefault('30s'),
  sweeps: z
    .array(sweepSchema)
    .min(1, 'must not be empty: without a sweep, late, edited and deleted samples are never found')
    .max(MAX_SWEEPS, `must have at most ${String(MAX_SWEEPS)} entries`)
    .prefault([
      { every: '15m', lookBack: '24h' },
      { cron: '0 2 * * *', lookBack: '30d' },
    ])
    .meta({ description: 'When samples are compared again, for late, edited and deleted ones, and how far back.' }),
  catalogue: duration('How often the catalogue is read again. Default 1h.', PERIOD).prefault('1h'),
  repair: z.enum(REPAIR_MODES).default('auto').meta({
    description: 'auto: differences become corrections in the log; report: they are only told. Default auto.',
  }),
  hints: z
    .boolean()
    .default(true)
    .meta({ description: "Listen to the historian's notices of change, where it offers them. Default true." }),
})

const sampleSchema = z.strictObject({
  every: z.int().min(2, must('a whole number of windows, at least 2')).max(MAX_SAMPLE_EVERY).optional().meta({
    description: 'One window is drawn of so many neighbouring ones of a tag. Default 100.',
  }),
  seed: z.int().min(0).max(MAX_SEED).optional().meta({
    description: 'Which windows are drawn: the same number draws the same ones again, another draws others. Default 1.',
  }),
  maxRate: z.number().min(MIN_RATE).max(MAX_RATE).optional().meta({
    description:
      'The share of all windows that may differ at most, with 95 % certainty: 0.001 is one in a thousand. Default 0.001.',
  }),
})

const listenRule = must('host:port, such as 127.0.0.1:8080')

const webSchema = z.strictObject({
  listen: z
    .string(listenRule)
    .transform((listen, context) => {
      const parsed = parseListen(listen)
      if (parsed !== undefined) return parsed
      context.addIssue({ code: 'custom', message: 'must be host:port, such as 127.0.0.1:8080' })
      return z.NEVER
    })
    .meta({ description: 'Address to listen on, host:port; 127.0.0.1 keeps it on this machine, 0.0.0.0 does not.' }),
  names: z
    .array(z.hostname(must('a host name')).transform((host) => host.toLowerCase()))
    .default([])
    .meta({ description: 'Host names clients use, beside localhost, IP addresses and the one in listen.' }),
})

export const configSchema = z
  .strictObject({
    bridge: name.meta({ description: 'Names the writers, the lease and the metrics: [a-z0-9-].' }),
    store: text('SQLite file of the store. Default ./banyan.db.').default('./banyan.db'),
    historians: z
      .record(name, historianSchema)
      .refine((historians) => Object.keys(historians).length > 0, must('at least one historian'))
      .meta({ description: 'The historians to read, by name.' }),
    tags: z
      .array(tagRuleSchema)
      .min(1)
      .meta({ description: 'Which tags to copy; the first rule that matches a tag wins.' }),
    log: z
      .strictObject({ kafka: kafkaSchema.optional(), embedded: embeddedSchema.optional() })
      .meta({ description: 'Where the samples go: kafka or embedded.' }),
    sync: syncSchema.prefault({}),
    parity: z
      .strictObject({
        cell: duration('Width of a parity cell; must divide a day. Default 1h.', {
          minMs: MINUTE_MS,
          maxMs: DAY_MS,
          range: '1m and 1d',
        })
          .refine((ms) => DAY_MS % ms === 0, must('a duration that divides a day, such as 15m, 1h or 1d'))
          .prefault('1h'),
        policy: z.enum(PARITY_POLICIES).default('census').meta({
          description: 'Which windows are compared: census all of them, sample those that are drawn. Default census.',
        }),
        sample: sampleSchema.optional().meta({ description: 'How windows are drawn; only with policy: sample.' }),
        compression: z.enum(COMPRESSION_RULES).default('explain').meta({
          description:
            'Samples the historian has provably dropped by compression: explain calls them explained, strict a mismatch.',
        }),
      })
      .prefault({}),
    workloads: workloadsSchema,
    cutover: cutoverSchema,
    web: webSchema.optional().meta({ description: 'Health, metrics and status over HTTP. Default: nothing listens.' }),
  })
  .meta({ title: 'Banyan configuration' })

/** As parsed: defaults filled in, scalars converted; paths and combinations not yet looked at. */
export type Config = z.output<typeof configSchema>
