/** The adapter in a process of its own, so that its memory is nobody else's. Started with `--expose-gc`. */
import { costOf } from './measure.ts'
import { type DenseNode, readByAdapter, readInTurn, type Rates } from './opcua-reading.ts'

/** What is printed. */
export interface ReaderReport extends Rates {
  /** Resident after each stretch of rows of one long read and a collection: what is kept, not what is thrown away. */
  readonly residentBytes: readonly number[]
  /** Of the whole process, between collections too. */
  readonly peakBytes: number
}

const [node, stretch, rounds] = process.argv.slice(2)
const dense = JSON.parse(node ?? '{}') as DenseNode
const stretchRows = Number(stretch)
const residentBytes: number[] = []
await readByAdapter(dense, (rows) => {
  if (rows < stretchRows * (residentBytes.length + 1)) return
  globalThis.gc?.()
  residentBytes.push(costOf(process.pid).residentBytes)
})
const rates = await readInTurn(dense, Number(rounds))
const report: ReaderReport = { ...rates, residentBytes, peakBytes: costOf(process.pid).peakBytes }
console.log(JSON.stringify(report))
