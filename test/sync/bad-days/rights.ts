/** What an account sees that lost its read rights: empty archives without an error, or a catalogue without points. */
import { Archive } from '../../../src/simulator/archive.ts'
import type { Historian } from '../../../src/simulator/historian.ts'

/** Every archive looks empty; answers how to undo that. Nothing may be written meanwhile. */
export function hideSamples({ primary }: Historian): () => void {
  const hidden = primary.points.map((point) => ({ point, archive: point.archive }))
  for (const { point } of hidden) point.archive = new Archive(point.pointType)
  return () => {
    for (const { point, archive } of hidden) point.archive = archive
  }
}

/** No point is listed; answers how to undo that. */
export function hidePoints({ primary }: Historian): () => void {
  Object.defineProperty(primary, 'points', { configurable: true, value: [] })
  return () => {
    Reflect.deleteProperty(primary, 'points')
  }
}
