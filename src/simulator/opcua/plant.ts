/** Plant: everything below the folder of that name: the historian's points, and nodes for the kinds PI lacks. */
import type { Historian } from '../historian.ts'
import type { HistorianPoint } from '../point.ts'
import { PiSeries } from './pi-series.ts'
import { RowSeries, type UaRow, type UaSeries, type UaType } from './row.ts'

/** A node that is no PI point. */
export interface ExtraNode {
  readonly name: string
  readonly type: UaType
  /** The values are one-dimensional arrays. */
  readonly isArray?: boolean
  /** Names of an integer's values: consecutive ones from 0 as EnumStrings, others as EnumValues. */
  readonly states?: readonly { readonly value: number; readonly name: string }[]
  /** False: a variable nobody historizes. Default true. */
  readonly hasHistory?: boolean
  /** Ascending by ticks, ties in their order. */
  readonly rows: readonly UaRow[]
}

export interface PlantNode {
  readonly name: string
  /** Where it comes from decides how the address space describes it. */
  readonly origin: HistorianPoint | ExtraNode
  readonly series: UaSeries
  readonly hasHistory: boolean
}

export class Plant {
  readonly #historian: Historian
  readonly #extra: ReadonlyMap<string, PlantNode>

  constructor(historian: Historian, extraNodes: readonly ExtraNode[]) {
    this.#historian = historian
    this.#extra = new Map(
      extraNodes.map((origin) => [
        origin.name,
        { name: origin.name, origin, series: new RowSeries(origin.rows), hasHistory: origin.hasHistory ?? true },
      ]),
    )
  }

  /** Node identifiers are spelled exactly, unlike tag names in PI. */
  find(name: string): PlantNode | undefined {
    const point = this.#historian.primary.pointByName(name)
    return point?.name === name ? nodeOf(point) : this.#extra.get(name)
  }

  get nodes(): PlantNode[] {
    return [...this.#historian.primary.points.map(nodeOf), ...this.#extra.values()]
  }
}

export function isPoint(origin: HistorianPoint | ExtraNode): origin is HistorianPoint {
  return 'archive' in origin
}

function nodeOf(point: HistorianPoint): PlantNode {
  return { name: point.name, origin: point, series: new PiSeries(point), hasHistory: true }
}
