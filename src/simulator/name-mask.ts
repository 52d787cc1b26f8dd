/** PI name masks: `*` any run, `?` one character, `[ab]` and `[!ab]` a choice, backslash escapes; without case. */
import { ApiError } from './http/answer.ts'

export function nameMask(mask: string | undefined): (name: string) => boolean {
  if (mask === undefined) return () => true
  const pattern = compile(mask)
  return (name) => pattern.test(name)
}

function compile(mask: string): RegExp {
  try {
    return new RegExp(`^${toPattern(mask)}$`, 'isu')
  } catch {
    // A range the wrong way round, such as [z-a].
    throw ApiError.badRequest(`The name mask '${mask.slice(0, 128)}' is not valid.`)
  }
}

function toPattern(mask: string): string {
  let pattern = ''
  const characters = Array.from(mask)
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] ?? ''
    if (character === '*') pattern += pattern.endsWith('.*') ? '' : '.*'
    else if (character === '?') pattern += '.'
    else if (character === '\\' && i + 1 < characters.length) pattern += literal(characters[++i] ?? '')
    else if (character === '[' && characters.indexOf(']', i + 1) > 0) {
      const end = characters.indexOf(']', i + 1)
      const choice = characters.slice(i + 1, end)
      const negated = choice[0] === '!'
      const members = choice.slice(negated ? 1 : 0).map((member) => (member === '-' ? '-' : literal(member)))
      pattern += `[${negated ? '^' : ''}${members.join('')}]`
      i = end
    } else pattern += literal(character)
  }
  return pattern
}

/** Escapes by code point: no character means anything of its own to the pattern. */
function literal(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
