/** The table that ends up in the README, row by row as it is measured. */
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'

const ROWS: (readonly string[])[] = []

/** `wanted` is empty where nothing is promised and the figure is for information. */
export function row(what: string, measured: string, wanted: string, detail: string): void {
  ROWS.push([what, measured, wanted, detail])
  console.error(`${what}: ${measured} (${wanted === '' ? '' : `wanted ${wanted}; `}${detail})`)
}

/** In Markdown, on stdout. */
export function printTable(command: string): void {
  const kernel = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim().split('-')[0] ?? ''
  const machine = `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${kernel}, Node ${process.version}`
  console.log(`Measured ${new Date().toISOString().slice(0, 10)} with \`${command}\` on ${machine}.\n`)
  console.log('| what | measured | wanted | detail |')
  console.log('| --- | --- | --- | --- |')
  for (const cells of ROWS) console.log(`| ${cells.join(' | ')} |`)
}

export function formatMib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`
}

export function formatSeconds(seconds: number): string {
  return `${seconds.toFixed(seconds < 10 ? 2 : 0)} s`
}

export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en')
}
