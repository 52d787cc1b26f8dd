/** Where a key moves the focus of a heat map. Pure; positions may lie outside, the map brings them back. */
import type { Cell } from './heat-scale.ts'

export interface HeatSize {
  readonly rows: number
  readonly cells: number
  /** Rows that one screenful moves. */
  readonly leaf: number
}

/** Undefined: the key does not move. `isFar`: with Ctrl or Command. */
export function moveOf(key: string, isFar: boolean, { row, cell }: Cell, size: HeatSize): Cell | undefined {
  switch (key) {
    case 'ArrowUp':
      return { row: row - 1, cell }
    case 'ArrowDown':
      return { row: row + 1, cell }
    case 'ArrowLeft':
      return { row, cell: cell - 1 }
    case 'ArrowRight':
      return { row, cell: cell + 1 }
    case 'PageUp':
      return { row: row - size.leaf, cell }
    case 'PageDown':
      return { row: row + size.leaf, cell }
    case 'Home':
      return { row: isFar ? 0 : row, cell: 0 }
    case 'End':
      return { row: isFar ? size.rows - 1 : row, cell: size.cells - 1 }
    default:
      return undefined
  }
}
