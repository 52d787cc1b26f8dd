/**
 * Cell evidence: what is known of each cell of a workload, one canonical line per cell. The lines are what a decision
 * rests on; the manifest only sums them up, and whoever has the lines can do the sum again.
 */
import { parseDigestSum } from '../domain/digest.ts'
import { parseTagId } from '../domain/tag-id.ts'
import { formatTicks, parseTicks } from '../domain/ticks.ts'
import { VERDICTS, type Verdict } from '../domain/verdict.ts'
import { count, name, object, oneOf, orNull, text, type Decoder } from './decode.ts'

export interface CellEvidence {
  /** Tag id. */
  readonly tag: string
  /** Start of the cell, seven fraction digits. */
  readonly from: string
  readonly verdict: Verdict
  /** The look that the verdict comes from; null for a cell that none has seen. */
  readonly look: number | null
  /** Epoch of the cell: records ever folded into it. */
  readonly records: number
  /** Samples in the log and the sum of their hashes, 32 hex digits. */
  readonly count: number
  readonly digest: string
}

/** Canonical JSON, without the line break; spelled out because there may be tens of millions. */
export function encodeCell({ count, digest, from, look, records, tag, verdict }: CellEvidence): string {
  return (
    `{"count":${count},"digest":"${digest}","from":"${from}","look":${String(look)},` +
    `"records":${records},"tag":${JSON.stringify(tag)},"verdict":"${verdict}"}`
  )
}

/** Throws RangeError for anything but a canonical line of a cell. */
export function decodeCell(line: string): CellEvidence {
  const cell = decodeFields(jsonOf(line), 'cell')
  if (encodeCell(cell) !== line) throw new RangeError('not in canonical form')
  if (cell.look === null && cell.verdict !== 'pending') throw new RangeError(`a cell is ${cell.verdict} by no look`)
  return cell
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new RangeError('not JSON', { cause })
  }
}

const tagText: Decoder<string> = (value, at) => {
  const id = parseTagId(name(value, at))
  // UTF-8 has no lone surrogates: two tags would share their bytes, and with them their place in the order.
  if (/\p{Surrogate}/u.test(id)) throw new RangeError(`${at} is not well-formed Unicode`)
  return id
}

const startText: Decoder<string> = (value, at) => {
  const start = text(value, at)
  if (formatTicks(parseTicks(start)) !== start) throw new RangeError(`${at} is not a time with seven fraction digits`)
  return start
}

const digestText: Decoder<string> = (value, at) => {
  parseDigestSum(text(value, at))
  return value as string
}

const decodeFields = object<CellEvidence>({
  tag: tagText,
  from: startText,
  verdict: oneOf(VERDICTS),
  look: orNull(count),
  records: count,
  count,
  digest: digestText,
})
