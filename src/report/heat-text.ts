/**
 * Heat text: a row of the heat map as `TagParity.heat` spells it, one letter per column in runs, e.g. `24m1x3m`.
 * The order of the letters is the roll-up: of many cells, or many columns, the one furthest right is shown.
 */
import { WORST_FIRST, type Verdict } from '../domain/verdict.ts'

const LETTER_OF: Readonly<Record<Verdict, string>> = {
  match: 'm',
  explained: 'e',
  waived: 'w',
  mismatch: 'x',
  inconclusive: 'i',
  pending: 'p',
}

/** By rank: rank 0 is no cell, rank 1 the best verdict, the last rank the worst. */
const VERDICT_BY_RANK: readonly (Verdict | undefined)[] = [undefined, ...WORST_FIRST.toReversed()]
const RANK_OF_LETTER = new Map(
  VERDICT_BY_RANK.map((verdict, rank) => [verdict === undefined ? '.' : LETTER_OF[verdict], rank]),
)

/** What a rank says; undefined: the tag has no cell there. */
export function verdictOfRank(rank: number): Verdict | undefined {
  return VERDICT_BY_RANK[rank]
}

/** 0 for no cell; higher is worse. */
export function rankOf(verdict: Verdict | undefined): number {
  return VERDICT_BY_RANK.indexOf(verdict)
}

/** The rank of each column. Throws RangeError unless the text is exactly `columns` columns of known letters. */
export function decodeHeat(text: string, columns: number): Uint8Array {
  const ranks = new Uint8Array(columns)
  let at = 0
  let parsed = 0
  for (const [run, count, letter] of text.matchAll(/(\d+)([a-z.])/g)) {
    const rank = RANK_OF_LETTER.get(letter ?? '')
    const until = at + Number(count)
    if (rank === undefined || until > columns) break
    ranks.fill(rank, at, until)
    at = until
    parsed += run.length
  }
  if (at !== columns || parsed !== text.length) {
    throw new RangeError(`not a heat row of ${columns} columns: ${JSON.stringify(text.slice(0, 64))}`)
  }
  return ranks
}

/** The other way: one verdict per column, undefined where the tag has no cell. */
export function encodeHeat(verdicts: readonly (Verdict | undefined)[]): string {
  let text = ''
  for (let from = 0; from < verdicts.length;) {
    let until = from + 1
    while (until < verdicts.length && verdicts[until] === verdicts[from]) until += 1
    const verdict = verdicts[from]
    text += `${until - from}${verdict === undefined ? '.' : LETTER_OF[verdict]}`
    from = until
  }
  return text
}
