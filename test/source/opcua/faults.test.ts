/** Lost answers, under every dialect: what is read is exactly what is there, whatever the page size. */
import { describe, expect, test } from 'vitest'
import { DIALECT_NAMES } from '../../../src/simulator/opcua/dialect.ts'
import type { ExtraNode } from '../../../src/simulator/opcua/plant.ts'
import { Random } from '../../../src/simulator/random.ts'
import { startOpcUa, startOpcUaProxy } from '../../harness/opcua.ts'
import { factsOfSamples, factsOfTruth, openSource, readAll, tagNamed } from './reading.ts'

const START = 17_600_000_000_000_000n
/** A lost answer costs a connection and a few milliseconds: small pages get few rows. */
const ROWS_OF_PAGE_SIZE = [
  [1, 16],
  [2, 36],
  [7, 90],
  [1000, 3500],
  [10_000, 12_000],
] as const

/** Ties of one to six rows, neighbours 100 ns, some microseconds and seconds apart. */
function restless(rows: number): ExtraNode {
  const random = new Random(rows)
  const result: { ticks: bigint; status: number; value: { type: 'Double'; value: number } }[] = []
  let at = START
  while (result.length < rows) {
    const ties = random.next() < 0.7 ? 1 : 1 + Math.floor(random.next() * 6)
    for (let i = 0; i < ties && result.length < rows; i++) {
      const status = random.next() < 0.1 ? 0x4000_0000 : 0
      result.push({ ticks: at, status, value: { type: 'Double', value: Math.floor(random.next() * 1000) } })
    }
    at += random.next() < 0.2 ? 1n : BigInt(10 + Math.floor(random.next() * 30_000_000))
  }
  return { name: `ROWS.${rows}`, type: 'Double', rows: result }
}

describe.each(DIALECT_NAMES)('dialect %s', (dialect) => {
  test.each([0, 0.05, 0.3])('answers lost: %f', async (dropProbability) => {
    const extraNodes = ROWS_OF_PAGE_SIZE.map(([, rows]) => restless(rows))
    const { server } = await startOpcUa({ scenario: 'empty', dialect, extraNodes })
    const proxy = await startOpcUaProxy(server, { seed: 7 })
    const source = await openSource(server, { endpoint: proxy.endpoint, maxAttempts: 40 })
    for (const [pageSize, rows] of ROWS_OF_PAGE_SIZE) {
      const name = `ROWS.${rows}`
      const tag = await tagNamed(source, name)
      proxy.drop(dropProbability)
      const samples = await readAll(source, tag, pageSize)
      proxy.drop(0)
      expect(factsOfSamples(samples)).toEqual(factsOfTruth(server.truth(name)))
    }
    if (dropProbability > 0.1) expect(proxy.hits).toBeGreaterThan(5)
  })
})
