/**
 * What a route answers. Bodies are a JSON tree, or text in chunks for answers too large to build as a tree.
 *
 * Errors come in the three bodies of the real server: `{"Errors":[…]}` from controllers, `{"Message":…}` from the
 * routing layer, and HTML from the web server in front of both.
 */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: AnswerBody
}

type AnswerBody =
  { readonly kind: 'json'; readonly value: unknown } | { readonly kind: 'chunks'; readonly chunks: Iterable<string> }

export const JSON_TYPE = 'application/json; charset=utf-8'
const HTML_TYPE = 'text/html; charset=us-ascii'

export function ok(value: unknown): Answer {
  return json(200, value)
}

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'Content-Type': JSON_TYPE, ...headers }, body: { kind: 'json', value } }
}

export function streamed(chunks: Iterable<string>): Answer {
  return { status: 200, headers: { 'Content-Type': JSON_TYPE }, body: { kind: 'chunks', chunks } }
}

export function html(status: number, title: string, headers: Readonly<Record<string, string>> = {}): Answer {
  const page = `<!DOCTYPE HTML><HTML><HEAD><TITLE>${title}</TITLE></HEAD><BODY><h2>${title}</h2></BODY></HTML>\r\n`
  return { status, headers: { 'Content-Type': HTML_TYPE, ...headers }, body: { kind: 'chunks', chunks: [page] } }
}

export function plain(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'Content-Type': 'text/plain', ...headers }, body: { kind: 'chunks', chunks: [text] } }
}

/** Thrown by routes; the server turns it into its answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly answer: Answer

  constructor(answer: Answer, message: string) {
    super(message)
    this.answer = answer
  }

  static of(status: number, ...messages: string[]): ApiError {
    return new ApiError(json(status, { Errors: messages }), messages.join(' '))
  }

  static badRequest(message: string): ApiError {
    return ApiError.of(400, message)
  }

  static invalid(parameter: string, value: string): ApiError {
    return ApiError.badRequest(`The value '${value.slice(0, 128)}' is not valid for parameter '${parameter}'.`)
  }

  static notFound(message: string): ApiError {
    return ApiError.of(404, message)
  }

  /** The routing layer's way of saying no. */
  static message(status: number, message: string): ApiError {
    return new ApiError(json(status, { Message: message }), message)
  }
}

/** A piece of JSON already in its wire form, such as a number in .NET notation. */
export class RawJson {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** JSON text of a tree that may hold RawJson; properties that are undefined are left out. */
export function jsonText(value: unknown): string {
  if (value instanceof RawJson) return value.text
  if (Array.isArray(value)) return `[${value.map((item: unknown) => jsonText(item)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const parts: string[] = []
  for (const [name, field] of Object.entries(value) as [string, unknown][]) {
    if (field !== undefined) parts.push(`${JSON.stringify(name)}:${jsonText(field)}`)
  }
  return `{${parts.join(',')}}`
}
