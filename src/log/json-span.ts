/**
 * The exact text of one member of a JSON object, for values whose digits and spelling `JSON.parse` would lose.
 * The text must already have passed `JSON.parse`; nothing is validated again here.
 */
interface Span {
  /** First character after the member's colon. */
  readonly from: number
  /** The comma or brace behind the member. */
  readonly until: number
}

/**
 * Where the value of member `name` stands in the object that starts at or after `at`; the last one if the name is
 * repeated, as `JSON.parse` decides. Undefined when there is none.
 */
export function memberSpan(text: string, at: number, name: string): Span | undefined {
  let found: Span | undefined
  let i = text.indexOf('{', at) + 1
  while (text[i] !== '}') {
    const keyFrom = text.indexOf('"', i)
    if (keyFrom === -1) break
    const keyUntil = endOfString(text, keyFrom)
    const from = text.indexOf(':', keyUntil) + 1
    const until = endOfValue(text, from)
    if (JSON.parse(text.slice(keyFrom, keyUntil)) === name) found = { from, until }
    if (text[until] === '}') break
    i = until + 1
  }
  return found
}

/** The text of member `name`, white space around it included. */
export function memberText(text: string, at: number, name: string): string {
  const span = memberSpan(text, at, name)
  return text.slice(span?.from, span?.until)
}

/** The comma or closing bracket, on this level, that ends the value starting at `at`. */
function endOfValue(text: string, at: number): number {
  let depth = 0
  let i = at
  while (i < text.length) {
    const c = text[i]
    if (c === '"') {
      i = endOfString(text, i)
      continue
    }
    if (c === '{' || c === '[') depth += 1
    else if (depth > 0 && (c === '}' || c === ']')) depth -= 1
    else if (depth === 0 && (c === ',' || c === '}' || c === ']')) return i
    i += 1
  }
  return i
}

/** The character after the closing quote of the string that starts at `at`. */
function endOfString(text: string, at: number): number {
  let i = at + 1
  while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1
  return i + 1
}
