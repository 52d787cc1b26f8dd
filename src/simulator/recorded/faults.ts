/** Draws at most one fault of a recorded page, as the switches have it. */
import type { Archive } from '../archive.ts'
import type { Random } from '../random.ts'
import type { Switches } from '../switches.ts'
import { rowOfPage, type RowPage } from './page.ts'
import type { RowFault } from './render.ts'

export function drawRowFault(archive: Archive, page: RowPage, switches: Switches, dice: Random): RowFault | undefined {
  const kinds = [
    ['webException', switches.webExceptionProbability],
    ['valueError', switches.valueErrorProbability],
    ['undecodable', switches.undecodableProbability],
    ['outOfOrder', switches.outOfOrderProbability],
  ] as const
  const drawn = kinds.filter(([, probability]) => dice.chance(probability)).map(([kind]) => kind)
  const at = dice.below(Math.max(1, page.count))
  const kind = drawn[0]
  if (kind === undefined) return undefined
  if (kind !== 'outOfOrder') return { kind, at }
  const place = placeToSwap(archive, page, at)
  return place === undefined ? undefined : { kind, at: place }
}

/** Events at one time have no order to be wrong in: the first place from `at` on, wrapping, whose successor is later. */
function placeToSwap(archive: Archive, page: RowPage, at: number): number | undefined {
  for (let i = 0; i < page.count; i++) {
    const place = (at + i) % page.count
    const next = place + 1
    const differs = archive.gridAt(rowOfPage(page, place)) !== archive.gridAt(rowOfPage(page, next))
    if (next < page.count && differs) return place
  }
  return undefined
}
