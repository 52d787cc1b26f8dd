/** The body of `POST /batch`: a dictionary of sub-requests, checked before any of them runs. */
import { z } from 'zod'

export interface BatchRequest {
  readonly method: string
  /** May hold `{0}`, or be a JsonPath itself; absent when there is a template. */
  readonly resource: string | undefined
  /** Resource of a template, which becomes one sub-request for each token its parameters select. */
  readonly template: string | undefined
  readonly parameters: readonly string[]
  readonly parentIds: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  readonly content: string | undefined
}

/** Json.NET matches property names in any case. */
const lowerCaseNames = z
  .record(z.string(), z.unknown())
  .transform((given) => Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value])))

const requestSchema = lowerCaseNames.pipe(
  z.object({
    method: z.string().default('GET'),
    resource: z.string().nullish(),
    requesttemplate: lowerCaseNames.pipe(z.object({ resource: z.string() })).nullish(),
    parameters: z.array(z.string()).nullish(),
    parentids: z.array(z.string()).nullish(),
    headers: z.record(z.string(), z.string()).nullish(),
    content: z.string().nullish(),
  }),
)
const bodySchema = z.record(z.string(), requestSchema)

export type ParsedBatch =
  | { readonly ok: true; readonly requests: ReadonlyMap<string, BatchRequest> }
  | { readonly ok: false; readonly error: string }

/** Refuses malformed requests, too many, unknown parents and circles; sub-requests keep the order of the body. */
export function parseBatch(body: unknown, maxRequests: number): ParsedBatch {
  const parsed = bodySchema.safeParse(body)
  if (!parsed.success) return refused('The batch request is malformed.')
  if (Object.keys(parsed.data).length > maxRequests) return refused(tooManyRequests(maxRequests))
  const requests = new Map<string, BatchRequest>()
  for (const [id, given] of Object.entries(parsed.data)) {
    const resource = given.resource ?? undefined
    const template = given.requesttemplate?.resource
    if ((resource === undefined) === (template === undefined)) {
      return refused(`Request '${id}' must have either a Resource or a RequestTemplate.`)
    }
    requests.set(id, {
      method: given.method.toUpperCase(),
      resource,
      template,
      parameters: given.parameters ?? [],
      parentIds: given.parentids ?? [],
      headers: given.headers ?? {},
      content: given.content ?? undefined,
    })
  }
  return orderProblem(requests) ?? { ok: true, requests }
}

export function tooManyRequests(maxRequests: number): string {
  return `The batch has more sub-requests than the maximum allowed (${maxRequests}).`
}

/** Peels off the requests whose parents are all peeled; what cannot be peeled waits for itself. */
function orderProblem(requests: ReadonlyMap<string, BatchRequest>): ParsedBatch | undefined {
  for (const [id, { parentIds }] of requests) {
    const unknown = parentIds.find((parent) => !requests.has(parent))
    if (unknown !== undefined) return refused(`Request '${id}' refers to the unknown ParentId '${unknown}'.`)
  }
  const waiting = new Map(requests)
  for (let before = -1; waiting.size !== before;) {
    before = waiting.size
    for (const [id, { parentIds }] of waiting) {
      if (!parentIds.some((parent) => waiting.has(parent))) waiting.delete(id)
    }
  }
  const [stuck] = waiting.keys()
  return stuck === undefined ? undefined : refused(`The ParentIds of request '${stuck}' form a circle.`)
}

function refused(error: string): ParsedBatch {
  return { ok: false, error }
}
