/**
 * Entities: data servers, points and their attributes, validated. What identifies and types a point must be there;
 * what only describes it may be missing, as it is on older servers.
 */
import { z } from 'zod'
import type { SampleType } from '../../domain/sample.ts'
import { tagId } from '../../domain/tag-id.ts'
import type { Tag, TagCompression } from '../../domain/tag.ts'
import { protocolError } from './errors.ts'
import { typeOfPoint } from './value.ts'
import { isGuid } from './webid.ts'

export const systemSchema = z.object({
  ProductTitle: z.string().optional(),
  ProductVersion: z.string().optional(),
})

export const dataServerSchema = z.object({
  WebId: z.string().min(1),
  Id: z.string().refine(isGuid),
  Name: z.string(),
  IsConnected: z.boolean().optional(),
  /** Since 2018. */
  ServerTime: z.string().optional(),
})

export const namesSchema = z.object({ Items: z.array(z.object({ Name: z.string() })) })

const pointSchema = z.object({
  Id: z
    .int()
    .min(-(2 ** 31))
    .max(2 ** 31 - 1),
  Name: z.string().min(1),
  Descriptor: z.string().nullish(),
  PointType: z.string(),
  DigitalSetName: z.string().nullish(),
  EngineeringUnits: z.string().nullish(),
  Span: z.unknown().optional(),
  Zero: z.unknown().optional(),
  Step: z.boolean().nullish(),
  Future: z.boolean().nullish(),
})

/** What to ask for of a point: `Links` would be most of the answer. */
export const POINT_FIELDS = Object.keys(pointSchema.shape)

export const pointListSchema = z.object({
  Items: z.array(pointSchema),
  Links: z.object({ Next: z.string().nullish() }).nullish(),
})

const attributesSchema = z.object({ Items: z.array(z.object({ Name: z.string(), Value: z.unknown().optional() })) })

/** Throws BANYAN_SOURCE_PROTOCOL naming the field that is wrong. */
export function decodeEntity<T>(schema: z.ZodType<T>, json: unknown, what: string): T {
  const result = schema.safeParse(json)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const where = issue === undefined ? '' : ` (${issue.path.join('.')}: ${issue.message})`
  throw protocolError(`${what}: the answer is not what PI Web API documents${where}`, 'contradiction')
}

export interface PointPlace {
  readonly historian: string
  readonly serverGuid: string
}

export function decodePoint(json: unknown, place: PointPlace, what: string): Tag {
  return tagOf(decodeEntity(pointSchema, json, what), place)
}

export function decodePointType(json: unknown, what: string): SampleType {
  return typeOfPoint(decodeEntity(pointSchema, json, what).PointType)
}

export function tagOf(point: z.infer<typeof pointSchema>, { historian, serverGuid }: PointPlace): Tag {
  return {
    id: tagId(historian, point.Id),
    name: point.Name,
    descriptor: point.Descriptor ?? '',
    type: typeOfPoint(point.PointType),
    units: point.EngineeringUnits ?? '',
    zero: numberOr(point.Zero),
    span: numberOr(point.Span),
    step: point.Step ?? false,
    future: point.Future ?? false,
    digitalSet: point.DigitalSetName === '' ? undefined : (point.DigitalSetName ?? undefined),
    compression: undefined,
    address: { pi: { serverGuid: serverGuid.toLowerCase(), pointId: point.Id }, opcua: undefined },
  }
}

function numberOr(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

/** Names of the attributes `decodeCompression` reads, as PI spells them. */
export const COMPRESSION_ATTRIBUTES = ['compressing', 'compdev', 'compmin', 'compmax', 'excdev'] as const

/** Undefined when one of them is missing or not a number. */
export function decodeCompression(json: unknown, what: string): TagCompression | undefined {
  const values = new Map<string, number>()
  for (const { Name: name, Value: value } of decodeEntity(attributesSchema, json, what).Items) {
    const number = typeof value === 'boolean' ? Number(value) : Number(value ?? Number.NaN)
    if (Number.isFinite(number)) values.set(name.toLowerCase(), number)
  }
  const [compressing, compDev, compMin, compMax, excDev] = COMPRESSION_ATTRIBUTES.map((name) => values.get(name))
  if (
    compressing === undefined ||
    compDev === undefined ||
    compMin === undefined ||
    compMax === undefined ||
    excDev === undefined
  ) {
    return undefined
  }
  return { compressing: compressing !== 0, compDev, compMinSeconds: compMin, compMaxSeconds: compMax, excDev }
}
