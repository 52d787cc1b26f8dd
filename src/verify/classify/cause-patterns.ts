/** Patterns: causes that show only across the cells of a tag, or across tags. Each states what it takes to be named. */
import type { Digest } from '../../domain/digest.ts'
import type { TagId } from '../../domain/tag-id.ts'
import type { Ticks } from '../../domain/ticks.ts'
import type { Cause } from './cause-names.ts'
import type { CellEvidence } from './cell-evidence.ts'
import { WHOLE_HOURS } from './moved.ts'

/** Differing cells of one tag, by start. */
export type TagCells = ReadonlyMap<Ticks, CellEvidence>

/** Samples in the cells that show a pattern: quiet cells are alike by chance. */
const LEAST_SAMPLES = 8
/** A single cell that holds what another one should may be a copy. */
const LEAST_SHIFTED = 2
/** Of the cells that can show it. */
const SHARE = 0.9

/**
 * Tags whose cells mirror those of one other tag, nine in ten of them, with eight samples or more: the log has in each
 * what the historian has in the other.
 */
export function findSwaps(tags: ReadonlyMap<TagId, TagCells>): Map<TagId, Cause> {
  const held = new Map<string, CellEvidence>()
  for (const cells of tags.values()) for (const cell of cells.values()) held.set(keyOf(cell.from, cell.historian), cell)
  const partners = new Map<TagId, TagId>()
  for (const [tag, cells] of tags) {
    const mirrors = [...cells.values()].flatMap((cell) => {
      const mirror = held.get(keyOf(cell.from, cell.log))
      const isMutual = mirror !== undefined && mirror.tag !== tag && areSame(mirror.log, cell.historian)
      return isMutual ? [{ tag: mirror.tag, samples: Math.min(cell.log.count, cell.historian.count) }] : []
    })
    const partner = mirrors[0]?.tag
    const mirrored = mirrors.filter((mirror) => mirror.tag === partner)
    const samples = mirrored.reduce((sum, mirror) => sum + mirror.samples, 0)
    const isSwapped = mirrored.length >= cells.size * SHARE && samples >= LEAST_SAMPLES
    if (partner !== undefined && isSwapped) partners.set(tag, partner)
  }
  return new Map(
    [...partners]
      .filter(([tag, partner]) => partners.get(partner) === tag)
      .map(([tag, partner]) => [tag, { cause: 'tag-swap', detail: `with ${partner}` }]),
  )
}

function keyOf(from: Ticks, { count, sum }: Digest): string {
  return `${from.toString()} ${count} ${sum.toString()}`
}

/** Two cells or more, nine in ten: the log has there what the historian has some whole hours away. */
export function findShift(cells: TagCells): Cause | undefined {
  const isShifted = WHOLE_HOURS.some((by) => {
    const pairs = [...cells.values()].flatMap(({ from, historian }) => {
      const target = cells.get((from + by) as Ticks)
      return target === undefined || historian.count === 0 ? [] : [{ historian, log: target.log }]
    })
    const shifted = pairs.filter(({ historian, log }) => areSame(historian, log))
    const samples = shifted.reduce((sum, { historian }) => sum + historian.count, 0)
    const areEnough = shifted.length >= LEAST_SHIFTED && samples >= LEAST_SAMPLES
    return areEnough && shifted.length >= pairs.length * SHARE
  })
  return isShifted ? { cause: 'whole-hour-shift' } : undefined
}

function areSame(a: Digest, b: Digest): boolean {
  return a.count === b.count && a.sum === b.sum
}
