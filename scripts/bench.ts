/**
 * `npm run bench`: what the README says about speed, measured. Figures are ratios or counts within one run, or CPU
 * time; the rounds of things that are compared are interleaved, so that a busy machine slows both.
 *
 * `npm run bench -- <part> …` runs some of the parts, `--minutes <n>` shortens or lengthens the steady load of ten.
 */
import { parseArgs } from 'node:util'
import { benchBackfill } from './bench/backfill.ts'
import { benchCommands } from './bench/commands.ts'
import { benchGrowth } from './bench/growth.ts'
import { benchHints } from './bench/hints.ts'
import { benchOpcUa } from './bench/opcua.ts'
import { benchParity } from './bench/parity.ts'
import { benchRounds } from './bench/rounds.ts'
import { benchSteady } from './bench/steady.ts'
import { benchSweep } from './bench/sweep.ts'
import { printTable } from './bench/table.ts'
import { startKafka } from './kafka/broker.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: 'string', default: '10' } },
})
const minutes = Number(values.minutes)
if (!(minutes > 0)) throw new Error(`--minutes must be a number above 0, not ${values.minutes}`)

const parts: Readonly<Record<string, (brokers: string) => Promise<void>>> = {
  commands: benchCommands,
  backfill: benchBackfill,
  opcua: benchOpcUa,
  parity: benchParity,
  rounds: benchRounds,
  steady: (brokers) => benchSteady(brokers, minutes),
  sweep: benchSweep,
  hints: benchHints,
  growth: benchGrowth,
}
const groups: Readonly<Record<string, readonly string[]>> = { sync: ['rounds', 'steady', 'sweep', 'hints', 'growth'] }
const wanted = new Set(positionals.flatMap((name) => groups[name] ?? [name]))
const unknown = [...wanted].filter((name) => parts[name] === undefined)
if (unknown.length > 0) {
  throw new Error(
    `no part ${unknown.join(', ')}; there are ${[...Object.keys(parts), ...Object.keys(groups)].join(', ')}`,
  )
}

const kafka = await startKafka()
try {
  for (const [name, run] of Object.entries(parts)) if (wanted.size === 0 || wanted.has(name)) await run(kafka.brokers)
} finally {
  await kafka.stop()
}
printTable(['npm run bench', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' '))
