/** Bare requests to a simulator, so that tests see what is on the wire. */
export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export async function ask(url: string, path: string, init: RequestInit = {}): Promise<Reply> {
  const response = await fetch(url + path, init)
  return { status: response.status, headers: response.headers, text: await response.text() }
}

/** The parsed answer of a GET that must succeed. */
export async function askJson<T>(url: string, path: string): Promise<T> {
  const { status, text } = await ask(url, path)
  if (status !== 200) throw new Error(`${path} answered ${String(status)}: ${text.slice(0, 300)}`)
  return JSON.parse(text) as T
}

export interface PointJson {
  readonly WebId: string
  readonly Id: number
  readonly Name: string
  readonly PointType: string
}

export interface PageJson<T> {
  readonly Items: T[]
  readonly Links?: Record<string, string>
  readonly WebException?: { readonly StatusCode: number }
}

export interface ValueJson {
  readonly Timestamp: string
  readonly Value: unknown
  readonly Good: boolean
  readonly Questionable: boolean
  readonly Substituted: boolean
  readonly Annotated: boolean
  readonly Errors?: unknown[]
}

export async function serverWebId(url: string): Promise<string> {
  const { Items: items } = await askJson<PageJson<{ WebId: string }>>(url, '/dataservers?webIdType=IDOnly')
  const first = items[0]
  if (first === undefined) throw new Error('no data server')
  return first.WebId
}

export async function pointsByName(url: string): Promise<Map<string, PointJson>> {
  const page = await askJson<PageJson<PointJson>>(
    url,
    `/dataservers/${await serverWebId(url)}/points?webIdType=IDOnly&maxCount=10000`,
  )
  return new Map(page.Items.map((point) => [point.Name, point]))
}

export function recordedPath(webId: string, parameters: Record<string, string | number>): string {
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return `/streams/${webId}/recorded?${query.join('&')}`
}

export async function recorded(
  url: string,
  webId: string,
  parameters: Record<string, string | number>,
): Promise<ValueJson[]> {
  return (await askJson<PageJson<ValueJson>>(url, recordedPath(webId, parameters))).Items
}
