/**
 * What a row of the simulated historian is when it was read through OPC UA, by the contract alone: the same time, place
 * and value, except for what OPC UA does not carry. A Float16 is a Float; a system state is a Bad status without a value;
 * annotations are not told; flags are what the StatusCode says.
 */
import type { TruthRow } from '../../src/simulator/truth.ts'
import { contentOfTruth, key, type KeyOptions } from './expected.ts'

export function keyOfOpcUaTruth(tag: string, row: TruthRow, options?: KeyOptions): string {
  return key(tag, row.ts, row.ord, contentOfOpcUaTruth(row), options)
}

function contentOfOpcUaTruth(row: TruthRow): string {
  const { pointType } = row
  // A state that PI calls good is none the better for it: there is no value.
  const good = row.good && !row.isSystemState
  const type = pointType === 'Float16' ? 'Float32' : pointType
  const flags = { questionable: good && row.questionable, substituted: good && row.substituted, annotated: false }
  const [kind, value, status, named] = splitContent(contentOfTruth({ ...row, ...flags, good, pointType: type }))
  return row.isSystemState ? ['null', 'null', status, named].join('|') : [kind, value, status, named].join('|')
}

/** A value may hold any character: the parts around it do not. */
function splitContent(content: string): [string, string, string, string] {
  const first = content.indexOf('|')
  const last = content.lastIndexOf('|')
  const middle = content.lastIndexOf('|', last - 1)
  return [
    content.slice(0, first),
    content.slice(first + 1, middle),
    content.slice(middle + 1, last),
    content.slice(last + 1),
  ]
}
