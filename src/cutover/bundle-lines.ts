/** Lines of a file of a bundle, read in one pass and bounded memory, with the hash of every byte of it. */
import { createHash } from 'node:crypto'

/** The bytes of a file, in pieces of any size. */
export type FileBytes = Iterable<Uint8Array> | AsyncIterable<Uint8Array>

const LINE_BREAK = 0x0a

/**
 * Calls `onLine` for each line and answers the SHA-256 of the file. Throws RangeError, naming the line, for what is not
 * UTF-8, for a line longer than `lineBytesMax`, for a last line without a line break, and when `onLine` throws one.
 */
export async function readLines(
  bytes: FileBytes,
  lineBytesMax: number,
  onLine: (line: string) => void,
): Promise<string> {
  const sum = createHash('sha256')
  let begun: Uint8Array[] = []
  let begunBytes = 0
  let lines = 0
  const keep = (piece: Uint8Array): void => {
    begun.push(piece)
    begunBytes += piece.length
    if (begunBytes > lineBytesMax) throw new RangeError(`line ${lines + 1} is longer than ${lineBytesMax} bytes`)
  }
  for await (const chunk of bytes) {
    sum.update(chunk)
    let from = 0
    for (let end = chunk.indexOf(LINE_BREAK); end !== -1; end = chunk.indexOf(LINE_BREAK, from)) {
      keep(chunk.subarray(from, end))
      lines += 1
      try {
        onLine(textOf(begun))
      } catch (cause) {
        if (!(cause instanceof RangeError)) throw cause
        throw new RangeError(`line ${lines}: ${cause.message}`, { cause })
      }
      begun = []
      begunBytes = 0
      from = end + 1
    }
    // A copy (a slice of a Buffer is none): whoever gives the bytes may use the buffer again.
    if (from < chunk.length) keep(Uint8Array.from(chunk.subarray(from)))
  }
  if (begunBytes > 0) throw new RangeError(`line ${lines + 1} has no end`)
  return sum.digest('hex')
}

// A byte order mark is not ours: it stays in the text, and no line begins with one.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textOf(pieces: readonly Uint8Array[]): string {
  try {
    return decoder.decode(Buffer.concat(pieces))
  } catch (cause) {
    throw new RangeError('not UTF-8', { cause })
  }
}
