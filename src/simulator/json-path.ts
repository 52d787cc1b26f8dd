/**
 * JsonPath as batch clients use it: `$`, `.name`, `['name']`, `[0]`, `[*]`, `.*` and `..name`. Filters and slices are
 * not understood and make the path invalid. Names are case-sensitive, and may begin with a digit (`$.1.Content`).
 */
type Step =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'all' }
  /** The value itself and everything below it. */
  | { readonly kind: 'descend' }

/** Longer than any path seen; a bound, because the text is a stranger's. */
const MAX_PATH_CHARS = 1024
const STEP = /\.\.(?=[^.])|\[\*\]|\.?\*|\[(\d{1,9})\]|\[(?:'([^']*)'|"([^"]*)")\]|\.?[^.[\]*'"\s]+/y

/** Everything the path selects, in document order; undefined when it is not a path this understands. */
export function selectTokens(root: unknown, path: string): unknown[] | undefined {
  const steps = parse(path)
  if (steps === undefined) return undefined
  let current: unknown[] = [root]
  for (const step of steps) current = current.flatMap((value) => follow(value, step))
  return current
}

function parse(path: string): Step[] | undefined {
  const text = path.trim()
  if (!text.startsWith('$') || text.length > MAX_PATH_CHARS) return undefined
  const steps: Step[] = []
  let at = 1
  while (at < text.length) {
    STEP.lastIndex = at
    const match = STEP.exec(text)
    if (match === null) return undefined
    at = STEP.lastIndex
    const [whole, index, single, double] = match
    const name = single ?? double
    if (whole === '..') steps.push({ kind: 'descend' })
    else if (index !== undefined) steps.push({ kind: 'index', index: Number(index) })
    else if (name !== undefined) steps.push({ kind: 'name', name })
    else if (whole.startsWith('[')) steps.push({ kind: 'all' })
    // Only `..` may stand directly before a bare name or star.
    else if (whole.startsWith('.') === (steps.at(-1)?.kind === 'descend')) return undefined
    else if (whole.endsWith('*')) steps.push({ kind: 'all' })
    else steps.push({ kind: 'name', name: whole.replace('.', '') })
  }
  return steps
}

function follow(value: unknown, step: Step): unknown[] {
  switch (step.kind) {
    case 'name':
      return isRecord(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : []
    case 'index':
      return Array.isArray(value) && step.index < value.length ? [value[step.index]] : []
    case 'all':
      return childrenOf(value)
    case 'descend':
      return descendantsOf(value)
  }
}

function descendantsOf(value: unknown): unknown[] {
  return [value, ...childrenOf(value).flatMap(descendantsOf)]
}

function childrenOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value
  return isRecord(value) ? Object.values(value) : []
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
