/**
 * Name masks as PI spells them: `*` any run of characters, `?` one character, `[ab]` one of, `[!ab]` none of, a
 * backslash takes the next character literally. Case-insensitive, always the whole name.
 */

/** Longer masks are refused: no tag name is that long, and matching them could be made slow on purpose. */
const LONGEST_MASK = 512

export function matchesAnyMask(masks: readonly string[], name: string): boolean {
  return masks.some((mask) => matchesMask(mask, name))
}

export function matchesMask(mask: string, name: string): boolean {
  return matchFrom(tokensOf(mask), Array.from(name.toLowerCase()))
}

/** True when the mask can only mean one name. */
export function isLiteral(mask: string): boolean {
  return !/[*?[\\]/.test(mask)
}

type Token = '*' | { readonly is: (character: string) => boolean }

function tokensOf(mask: string): Token[] {
  if (mask.length > LONGEST_MASK) throw new RangeError(`a name mask has at most ${LONGEST_MASK} characters`)
  const characters = Array.from(mask.toLowerCase())
  const tokens: Token[] = []
  for (let i = 0; i < characters.length; i++) {
    const c = characters[i]
    const closing = c === '[' ? characters.indexOf(']', i + 2) : -1
    if (c === '*') tokens.push('*')
    else if (c === '?') tokens.push({ is: () => true })
    else if (closing > 0) {
      const negated = characters[i + 1] === '!'
      const set = new Set(characters.slice(i + (negated ? 2 : 1), closing))
      tokens.push({ is: (character) => set.has(character) !== negated })
      i = closing
    } else {
      const literal = c === '\\' && i + 1 < characters.length ? characters[++i] : c
      tokens.push({ is: (character) => character === literal })
    }
  }
  return tokens
}

/** Greedy with one point of return: linear in practice, quadratic at worst, never exponential. */
function matchFrom(tokens: readonly Token[], name: readonly string[]): boolean {
  let t = 0
  let n = 0
  let starAt = -1
  let resumeAt = 0
  while (n < name.length) {
    const token = tokens[t]
    const character = name[n]
    if (token === '*') {
      starAt = t++
      resumeAt = n
    } else if (token !== undefined && character !== undefined && token.is(character)) {
      t += 1
      n += 1
    } else if (starAt >= 0) {
      t = starAt + 1
      n = ++resumeAt
    } else return false
  }
  while (tokens[t] === '*') t += 1
  return t === tokens.length
}
