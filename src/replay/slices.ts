/**
 * Slices: how a tag's gaps are cut into windows worth reading, by the density seen. Pure.
 *
 * Newest first, a gap is taken from its upper end in slices of about `targetRows` samples, each read ascending; the
 * windows tile the gap exactly whatever the estimate was. Oldest first, the gap is one slice: pages ascend anyway.
 */
import { ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'

export const REPLAY_ORDERS = ['newest-first', 'oldest-first'] as const
export type ReplayOrder = (typeof REPLAY_ORDERS)[number]

/** A slice is at most this many times as long as the one before it: one quiet week says little about ten years. */
const GROWTH = 8n

export interface Density {
  readonly samples: number
  /** The window those samples were found in. */
  readonly seen: Window
}

/** Cuts the next slice off `gap`; `rest` is what remains, undefined when the slice is all of it. */
export function nextSlice(
  gap: Window,
  order: ReplayOrder,
  density: Density,
  targetRows: number,
): { slice: Window; rest: Window | undefined } {
  if (order === 'oldest-first') return { slice: gap, rest: undefined }
  const seenTicks = density.seen.until - density.seen.from
  const wanted = density.samples === 0 ? GROWTH * seenTicks : (seenTicks * BigInt(targetRows)) / BigInt(density.samples)
  const length = max(1n, min(wanted, GROWTH * seenTicks))
  if (length >= gap.until - gap.from) return { slice: gap, rest: undefined }
  const cut = ticks(gap.until - length)
  return { slice: { from: cut, until: gap.until }, rest: { from: gap.from, until: cut } }
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
