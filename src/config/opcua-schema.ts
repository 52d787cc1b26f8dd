/** The shape of `historians.<name>.opcua`. */
import { z } from 'zod'
import { parseOpcUaAddress } from '../domain/opc-ua-address.ts'
import { OPC_UA_MODES, OPC_UA_POLICIES, OPC_UA_ROLES } from './config.ts'
import {
  count,
  DAY_MS,
  duration,
  environmentName,
  HOUR_MS,
  limitKeys,
  MINUTE_MS,
  must,
  outage,
  requestTimeout,
  SECOND_MS,
  text,
} from './schema-parts.ts'

/** An answer of more rows takes long to decode and hundreds of megabytes, and is read no faster. */
const MAX_PAGE_SIZE = 50_000
/** The place of the tag's name in a pattern. */
export const NAME_PLACE = '{name}'

const nodeId = z.string().transform((id, context) => {
  try {
    return parseOpcUaAddress(id)
  } catch {
    context.addIssue({ code: 'custom', message: 'must be a node id such as nsu=urn:plant;s=Area1' })
    return z.NEVER
  }
})

const securitySchema = z.strictObject({
  mode: z
    .enum(OPC_UA_MODES)
    .default('SignAndEncrypt')
    .meta({ description: 'None sends everything in the clear. Default SignAndEncrypt.' }),
  policy: z.enum(OPC_UA_POLICIES).optional().meta({ description: 'Default Basic256Sha256; None with mode None.' }),
  pki: text('Folder of our own certificate and of those we trust. Default ./pki.').default('./pki'),
})

const identitySchema = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('anonymous') }),
    z.strictObject({
      type: z.literal('username'),
      username: text('The account. It needs the right to read history only.'),
      passwordFile: text('File that holds the password; read anew when needed.').optional(),
      passwordEnv: environmentName.optional().meta({ description: 'Environment variable that holds the password.' }),
    }),
    z.strictObject({
      type: z.literal('certificate'),
      certificateFile: text("The user's certificate, PEM or DER."),
      privateKeyFile: text('Its private key, PEM.'),
    }),
  ])
  .meta({ description: 'How to sign in: anonymous, username or certificate.' })

const nodesSchema = z
  .strictObject({
    file: text('A .csv file with the columns tag name and node id.').optional(),
    pattern: z
      .string()
      .refine(isPattern, must(`a node id with ${NAME_PLACE} in it, such as nsu=urn:plant;s=${NAME_PLACE}`))
      .optional()
      .meta({ description: `Node id of every tag, ${NAME_PLACE} standing for its name.` }),
    browse: nodeId
      .optional()
      .meta({ description: 'Node below which every variable with history is a tag; only with role only.' }),
  })
  .meta({ description: 'Which node a tag is: file, pattern or browse.' })

const failoverSchema = z.strictObject({
  after: duration('How long PI Web API fails before OPC UA takes over. Default 60s.', {
    minMs: SECOND_MS,
    maxMs: DAY_MS,
    range: '1s and 1d',
  }).prefault('60s'),
  back: duration('How long PI Web API answers before it takes over again. Default 5m.', {
    minMs: SECOND_MS,
    maxMs: DAY_MS,
    range: '1s and 1d',
  }).prefault('5m'),
  overlap: duration('How far around what OPC UA served both are compared afterwards. Default 1m.', {
    minMs: 0,
    maxMs: HOUR_MS,
    range: '0s and 1h',
  }).prefault('1m'),
})

export const opcUaSchema = z.strictObject({
  endpoint: z
    .string()
    .regex(
      /^opc\.tcp:\/\/(\[[0-9A-Fa-f:.]+\]|[^\s/:@]+):\d{1,5}(\/\S*)?$/,
      must('an address such as opc.tcp://host:4840'),
    )
    .meta({ description: 'Address of the OPC UA server, e.g. opc.tcp://hda.example.org:4840.' }),
  role: z
    .enum(OPC_UA_ROLES)
    .meta({ description: 'fallback: serves while PI Web API does not; only: there is no PI Web API.' }),
  security: securitySchema.prefault({}),
  identity: identitySchema,
  nodes: nodesSchema,
  pageSize: count('Values per node per call. Default 2000.', MAX_PAGE_SIZE).default(2_000),
  timeout: requestTimeout(),
  outage: outage(
    'With role only: how long an unreachable server is retried before a job stops. Default 5m.',
  ).optional(),
  limits: z.strictObject(limitKeys({ concurrency: 2, requestsPerSecond: 20, rowsInFlight: 100_000 })).prefault({}),
  failover: failoverSchema.optional().meta({ description: 'When to change between the two; only with role fallback.' }),
})

/** What an absent `outage` stands for. */
export const DEFAULT_OUTAGE_MS = 5 * MINUTE_MS

/** What an absent `failover` stands for. */
export const FAILOVER_DEFAULTS = failoverSchema.parse({})

function isPattern(pattern: string): boolean {
  if (!pattern.includes(NAME_PLACE)) return false
  try {
    parseOpcUaAddress(pattern)
    return true
  } catch {
    return false
  }
}
