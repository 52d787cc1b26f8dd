/** Text of a peer, made fit for one line of a log, a message or a terminal. */
const MAX_EXCERPT = 300

export function printable(text: string): string {
  const line = text
    .slice(0, MAX_EXCERPT * 2)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
  return line.length > MAX_EXCERPT ? `${line.slice(0, MAX_EXCERPT)}…` : line
}
