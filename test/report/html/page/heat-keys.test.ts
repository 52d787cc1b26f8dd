import { expect, test } from 'vitest'
import { moveOf } from '../../../../src/report/html/page/heat-keys.ts'

const AT = { row: 30, cell: 7 }
const SIZE = { rows: 100, cells: 40, leaf: 20 }

test.each([
  ['ArrowUp', false, { row: 29, cell: 7 }],
  ['ArrowDown', false, { row: 31, cell: 7 }],
  ['ArrowLeft', false, { row: 30, cell: 6 }],
  ['ArrowRight', false, { row: 30, cell: 8 }],
  ['PageUp', false, { row: 10, cell: 7 }],
  ['PageDown', false, { row: 50, cell: 7 }],
  ['Home', false, { row: 30, cell: 0 }],
  ['End', false, { row: 30, cell: 39 }],
  ['Home', true, { row: 0, cell: 0 }],
  ['End', true, { row: 99, cell: 39 }],
  ['Tab', false, undefined],
])('%s, far: %s', (key, isFar, cell) => {
  expect(moveOf(key, isFar, AT, SIZE)).toEqual(cell)
})
