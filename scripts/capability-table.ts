/** The table of docs/parity.md: which fault which tier of comparison sees. */
import type { TierCapability } from '../src/report/model.ts'

export const TABLE_BEGIN = '<!-- capability: npm run capability:update -->'
export const TABLE_END = '<!-- end of capability -->'

/** A row per fault, in the order of the catalogue; as prettier writes tables. */
export function capabilityTable(tiers: readonly TierCapability[]): string {
  const [first] = tiers
  const faults = [...(first?.sees ?? []), ...(first?.cannotSee ?? [])]
  const rows = faults.map((fault) => [fault, ...tiers.map(({ sees }) => (sees.includes(fault) ? 'yes' : 'no'))])
  const head = ['fault', ...tiers.map(({ tier }) => tier)]
  const widths = head.map((title, i) => Math.max(...[head, ...rows].map((row) => row[i]?.length ?? title.length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

/** The page with the table in its place. Throws when it has no place for it. */
export function withTable(page: string, table: string): string {
  const [before, rest] = page.split(TABLE_BEGIN)
  const after = rest?.split(TABLE_END)[1]
  if (before === undefined || after === undefined) throw new Error(`the page lacks the marker ${TABLE_BEGIN}`)
  return `${before}${TABLE_BEGIN}\n\n${table}\n\n${TABLE_END}${after}`
}
