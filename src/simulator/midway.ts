/** Carries out deleteMidway and retypeMidway once the named tag's recorded values were read often enough. */
import type { Historian } from './historian.ts'
import type { HistorianPoint } from './point.ts'
import type { Switches } from './switches.ts'

export class MidwayChanges {
  readonly #historian: Historian
  readonly #reads = new Map<HistorianPoint, number>()

  constructor(historian: Historian) {
    this.#historian = historian
  }

  /** To be called before a point is read; afterwards it may be gone, or another type. */
  beforeRead(point: HistorianPoint, { deleteMidway, retypeMidway }: Switches): void {
    if (deleteMidway?.tag !== point.name && retypeMidway?.tag !== point.name) return
    const before = this.#reads.get(point) ?? 0
    this.#reads.set(point, before + 1)
    if (deleteMidway?.tag === point.name && before >= deleteMidway.afterReads) {
      this.#historian.deletePoint(point.id)
    } else if (retypeMidway?.tag === point.name && before >= retypeMidway.afterReads) {
      if (point.pointType !== retypeMidway.to) this.#historian.retypePoint(point.id, retypeMidway.to)
    }
  }
}
