/**
 * Newer samples: whether a historian shows anything of a tag behind what was compared. One that lags does not; one that
 * merely took back its latest values shows a newer one, which is not settled yet.
 */
import { TICKS_PER_SECOND, type Ticks } from '../domain/ticks.ts'
import type { Noted } from './compare.ts'
import type { HistorianReader } from './historian-reader.ts'

/** Up to here a sample may be newer than what is settled and compared. */
const LOOK_AHEAD_TICKS = 3_600n * TICKS_PER_SECOND
/** A glance: what else is there does not matter. */
const EXPECTED_SAMPLES = 10

export async function showsNewer(
  { tag, windows }: Noted,
  reader: HistorianReader,
  signal: AbortSignal,
): Promise<boolean> {
  const from = windows.at(-1)?.until
  if (from === undefined) return false
  const window = { from, until: (from + LOOK_AHEAD_TICKS) as Ticks }
  for await (const { samples } of reader.read(tag, window, EXPECTED_SAMPLES, signal)) {
    if (samples.length > 0) return true
  }
  return false
}
