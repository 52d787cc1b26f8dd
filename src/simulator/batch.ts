/**
 * The engine of `POST /batch` over an injected dispatch.
 *
 * Sub-requests without parents run side by side, the others once all their parents have answered. A failed parent
 * fails its children with 409 and a plain string. Content that is JSON is passed on as the text it is, so that numbers
 * keep their wire form; it is parsed only where a JsonPath looks into it.
 */
import { parseBatch, tooManyRequests, type BatchRequest } from './batch-request.ts'
import { RawJson } from './http/answer.ts'
import { selectTokens } from './json-path.ts'

export interface SubRequest {
  readonly method: string
  /** As the client wrote it: absolute with any host, or relative. */
  readonly resource: string
  readonly headers: Readonly<Record<string, string>>
  readonly content: string | undefined
}

export interface SubResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly content: string
  /** Whether `content` is a JSON text. */
  readonly isJson: boolean
}

export interface BatchOptions {
  readonly dispatch: (request: SubRequest) => Promise<SubResponse>
  /** Largest number of sub-requests, those of templates included. */
  readonly maxRequests: number
  /** Sub-requests in flight at once. */
  readonly concurrency: number
}

export interface BatchAnswer {
  readonly Status: number
  readonly Headers: Readonly<Record<string, string>>
  /** RawJson, a string, or the object of a template. */
  readonly Content: unknown
}

export type BatchOutcome =
  | { readonly status: 207; readonly answers: Readonly<Record<string, BatchAnswer>> }
  | { readonly status: 400; readonly error: string }

export async function runBatch(body: unknown, options: BatchOptions): Promise<BatchOutcome> {
  const parsed = parseBatch(body, options.maxRequests)
  if (!parsed.ok) return { status: 400, error: parsed.error }
  const run = new BatchRun(parsed.requests, options)
  return { status: 207, answers: await run.answers() }
}

class BatchRun {
  readonly #requests: ReadonlyMap<string, BatchRequest>
  readonly #options: BatchOptions
  readonly #started = new Map<string, Promise<BatchAnswer>>()
  /** Finished answers as JsonPath sees them. */
  readonly #tokens = new Map<string, { Status: number; Headers: unknown; Content: unknown }>()
  readonly #slots: Slots
  #requestsLeft: number

  constructor(requests: ReadonlyMap<string, BatchRequest>, options: BatchOptions) {
    this.#requests = requests
    this.#options = options
    this.#slots = new Slots(options.concurrency)
    const templates = [...requests.values()].filter((request) => request.template !== undefined).length
    this.#requestsLeft = options.maxRequests - requests.size + templates
  }

  async answers(): Promise<Record<string, BatchAnswer>> {
    const ids = [...this.#requests.keys()]
    const answers = await Promise.all(ids.map((id) => this.#answer(id)))
    return Object.fromEntries(ids.map((id, index) => [id, answers[index] as BatchAnswer]))
  }

  #answer(id: string): Promise<BatchAnswer> {
    const started = this.#started.get(id)
    if (started !== undefined) return started
    const request = this.#requests.get(id)
    if (request === undefined) throw new Error(`no sub-request ${JSON.stringify(id)}`)
    const answer = this.#run(request)
    this.#started.set(id, answer)
    return answer
  }

  async #run(request: BatchRequest): Promise<BatchAnswer> {
    const parents = await Promise.all(request.parentIds.map(async (id) => ({ id, answer: await this.#answer(id) })))
    const failed = parents.filter(({ answer }) => answer.Status < 200 || answer.Status > 299).map(({ id }) => id)
    if (failed.length > 0) {
      return refusal(409, `The following ParentIds did not complete successfully: ${failed.join(', ')}.`)
    }
    const root = this.#rootFor(parents)
    if (request.template !== undefined) return this.#expand(request, request.template, root)
    const values: unknown[] = []
    for (const path of request.parameters) {
      const [first] = selectTokens(root, path) ?? []
      if (first === undefined) return refusal(400, `The parameter '${path}' does not select a value.`)
      values.push(first)
    }
    return this.#send(request, request.resource ?? '', values, root)
  }

  async #expand(request: BatchRequest, template: string, root: unknown): Promise<BatchAnswer> {
    const selected = request.parameters.map((path) => selectTokens(root, path))
    const count = selected[0]?.length ?? 0
    if (selected.some((tokens) => tokens?.length !== count)) {
      return refusal(400, 'The parameters of the request template are malformed or select different numbers of values.')
    }
    if (count > this.#requestsLeft) {
      return refusal(400, tooManyRequests(this.#options.maxRequests))
    }
    this.#requestsLeft -= count
    const items = await Promise.all(
      Array.from({ length: count }, (_, i) => {
        const values = selected.map((tokens) => tokens?.[i])
        return this.#send(request, template, values, root)
      }),
    )
    return { Status: 207, Headers: {}, Content: { Total: count, Items: items } }
  }

  async #send(
    request: BatchRequest,
    resource: string,
    values: readonly unknown[],
    root: unknown,
  ): Promise<BatchAnswer> {
    // The resource may itself be a JsonPath, such as the Location header of a parent.
    const target = resource.startsWith('$') ? selectTokens(root, resource)?.[0] : fill(resource, values)
    if (typeof target !== 'string') return refusal(400, `The resource '${resource}' does not select a URL.`)
    const headers = Object.entries(request.headers).map(([name, value]) => [name, fill(value, values)] as const)
    const content = request.content === undefined ? undefined : fill(request.content, values)
    const response = await this.#slots.run(() =>
      this.#options.dispatch({
        method: request.method,
        resource: target,
        headers: Object.fromEntries(headers),
        content,
      }),
    )
    const isJson = response.isJson && response.content !== ''
    return {
      Status: response.status,
      Headers: response.headers,
      Content: isJson ? new RawJson(response.content) : response.content,
    }
  }

  /** What JsonPath starts from: the answers of the parents, which alone are certain to be there. */
  #rootFor(parents: readonly { readonly id: string; readonly answer: BatchAnswer }[]): unknown {
    const tokens = parents.map(({ id, answer }) => {
      const known = this.#tokens.get(id) ?? { ...answer, Content: parseContent(answer.Content) }
      this.#tokens.set(id, known)
      return [id, known] as const
    })
    return Object.fromEntries(tokens)
  }
}

/** Runs at most so many tasks at once, in the order they came. */
class Slots {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await task()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }
}

function refusal(status: number, text: string): BatchAnswer {
  return { Status: status, Headers: {}, Content: text }
}

/** `{0}`, `{1}` … replaced; anything else in braces stays. */
function fill(text: string, values: readonly unknown[]): string {
  return text.replace(/\{(\d{1,3})\}/g, (whole, index: string) => {
    const value = values[Number(index)]
    if (value === undefined) return whole
    return typeof value === 'string' ? value : JSON.stringify(value)
  })
}

function parseContent(content: unknown): unknown {
  if (content instanceof RawJson) return JSON.parse(content.text)
  if (typeof content !== 'object' || content === null) return content
  // The object of a template: its items hold raw contents in turn.
  const { Items: items, ...rest } = content as { Items?: readonly BatchAnswer[] }
  return { ...rest, Items: items?.map((item) => ({ ...item, Content: parseContent(item.Content) })) }
}
