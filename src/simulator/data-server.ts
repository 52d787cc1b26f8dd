/** A PI data server: points by permanent id and by name, and its digital sets. */
import { enumerationSetGuid, SYSTEM_SET, type EnumerationSet } from './enumeration.ts'
import { HistorianPoint, type PointSpec } from './point.ts'

export interface DataServerSpec {
  readonly name: string
  readonly guid: string
  readonly connected?: boolean
}

export class DataServer {
  readonly name: string
  readonly guid: string
  readonly version = '3.4.440.477'
  readonly connected: boolean
  readonly #byId = new Map<number, HistorianPoint>()
  readonly #byName = new Map<string, HistorianPoint>()
  readonly #sets: EnumerationSet[] = [SYSTEM_SET]
  #nextId = 1

  constructor(spec: DataServerSpec) {
    this.name = spec.name
    this.guid = spec.guid
    this.connected = spec.connected ?? true
  }

  /** Ascending by id, as listings answer them. */
  get points(): HistorianPoint[] {
    return [...this.#byId.values()]
  }

  get enumerationSets(): readonly EnumerationSet[] {
    return this.#sets
  }

  pointById(id: number): HistorianPoint | undefined {
    return this.#byId.get(id)
  }

  /** Tag names are compared without case. */
  pointByName(name: string): HistorianPoint | undefined {
    return this.#byName.get(name.toUpperCase())
  }

  addEnumerationSet(name: string, states: readonly string[]): EnumerationSet {
    const set = {
      guid: enumerationSetGuid(this.#sets.length),
      name,
      description: '',
      states: states.map((state, value) => ({ value, name: state })),
    }
    this.#sets.push(set)
    return set
  }

  addPoint(spec: PointSpec, createdAt: bigint): HistorianPoint {
    this.#claimName(spec.name)
    const point = new HistorianPoint(this.#nextId, spec, createdAt)
    this.#nextId += 1
    this.#byId.set(point.id, point)
    this.#byName.set(point.name.toUpperCase(), point)
    return point
  }

  rename(point: HistorianPoint, name: string): void {
    if (name.toUpperCase() !== point.name.toUpperCase()) this.#claimName(name)
    this.#byName.delete(point.name.toUpperCase())
    point.name = name
    this.#byName.set(name.toUpperCase(), point)
  }

  removePoint(point: HistorianPoint): void {
    this.#byId.delete(point.id)
    this.#byName.delete(point.name.toUpperCase())
  }

  #claimName(name: string): void {
    if (name === '' || this.#byName.has(name.toUpperCase())) {
      throw new RangeError(`tag name ${JSON.stringify(name)} is empty or taken on ${this.name}`)
    }
  }
}
