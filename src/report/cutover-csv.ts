/** A cutover report as CSV: one row per event it has, workload by workload, in the order of the chain. */
import { renderCsv } from './csv.ts'
import type { CutoverReport } from './cutover-model.ts'

const COLUMNS = [
  'workload',
  'seq',
  'at',
  'actor',
  'action',
  'from',
  'to',
  'percent',
  'epoch',
  'what',
  'reason',
  'manifestHash',
  'hash',
] as const

export function renderMovesCsv({ workloads }: CutoverReport): string {
  return renderCsv(
    COLUMNS,
    workloads.flatMap(({ workload, moves }) =>
      moves.map((move) => COLUMNS.map((column) => (column === 'workload' ? workload : move[column]))),
    ),
  )
}
