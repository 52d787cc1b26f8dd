/**
 * Text from a historian or a peer, made safe for a terminal: control characters and direction overrides are spelled
 * out, so that a tag name can neither move the cursor nor pretend to be another line.
 */

/** C0, DEL, C1, lone surrogates, direction controls, line separators, byte order mark. */
const UNSAFE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu
const UNSAFE_IN_LINES = new RegExp(`(?!\\n)${UNSAFE.source}`, 'gu')

/**
 * One line: newlines are spelled out too. JSON text may pass through here: what JSON leaves raw (DEL, C1, direction
 * controls) stands inside its strings, where the escape means the same.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, escapeCharacter)
}

/** Keeps line breaks: for messages Banyan composed of several lines. */
export function printableLines(text: string): string {
  return text.replace(UNSAFE_IN_LINES, escapeCharacter)
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
