/**
 * Historian: the model behind the simulated PI Web API. Clock, data servers, and every way history may change.
 *
 * The first data server is the one that lives: truth and live changes are about its points. Others are there to be
 * confused with it. Listeners hear of every change after it happened (stream updates are fed that way).
 */
import { Archive, type EventFlags, type StoredValue } from './archive.ts'
import { HistorianClock } from './clock.ts'
import { DataServer, type DataServerSpec } from './data-server.ts'
import { formatTicksTrimmed, gridFromTicks } from './grid.ts'
import type { HistorianPoint, PointSpec } from './point.ts'
import type { PiEvent, PiPointType } from './series.ts'

export interface EventChange {
  readonly point: HistorianPoint
  /** Add: newest event. Insert: late event. Update: value edited. Delete: event removed. */
  readonly action: 'Add' | 'Insert' | 'Update' | 'Delete'
  readonly event: PiEvent
  /** For Add: whether the event it displaced as the snapshot was kept. */
  readonly previousArchived?: boolean
}

export class Historian {
  readonly clock: HistorianClock
  readonly servers: DataServer[] = []
  readonly #listeners = new Set<(change: EventChange) => void>()
  readonly #deleted = new Set<string>()

  constructor(clock: HistorianClock) {
    this.clock = clock
  }

  get primary(): DataServer {
    const first = this.servers[0]
    if (first === undefined) throw new Error('the historian has no data server')
    return first
  }

  addServer(spec: DataServerSpec): DataServer {
    const server = new DataServer(spec)
    this.servers.push(server)
    return server
  }

  onChange(listener: (change: EventChange) => void): void {
    this.#listeners.add(listener)
  }

  /** Was this id once a point of that server? A stream call on it answers 410 rather than 404. */
  wasDeleted(server: DataServer, id: number): boolean {
    return this.#deleted.has(`${server.guid}/${String(id)}`)
  }

  /** A point of the primary server by id or name; throws when there is none. */
  point(idOrName: number | string): HistorianPoint {
    const found = typeof idOrName === 'number' ? this.primary.pointById(idOrName) : this.primary.pointByName(idOrName)
    if (found === undefined) throw new RangeError(`no point ${JSON.stringify(idOrName)}`)
    return found
  }

  createPoint(spec: PointSpec): HistorianPoint {
    return this.primary.addPoint(spec, this.clock.now())
  }

  deletePoint(idOrName: number | string): void {
    const point = this.point(idOrName)
    this.primary.removePoint(point)
    this.#deleted.add(`${this.primary.guid}/${String(point.id)}`)
  }

  renamePoint(idOrName: number | string, name: string): void {
    this.primary.rename(this.point(idOrName), name)
  }

  /** Changes a point's type; its numbers are carried over as that type sees them, or as text. */
  retypePoint(idOrName: number | string, pointType: 'Float32' | 'Float64' | 'Int32' | 'String'): void {
    const point = this.point(idOrName)
    const from = point.archive
    const to = new Archive(pointType)
    for (let row = 0; row < from.length; row++) {
      const { value, ...flags } = from.eventAt(row)
      to.insert(from.gridAt(row), convertValue(value, pointType), flags)
    }
    point.archive = to
    point.pointType = pointType
    point.digitalSet = ''
  }

  /**
   * A value as an interface sends it: the newest becomes the snapshot and its predecessor is archived, or dropped
   * when the point compresses and the predecessor lies on the line; an older one goes straight into the archive.
   */
  write(idOrName: number | string, at: bigint, value: StoredValue, flags: EventFlags = {}): void {
    const point = this.point(idOrName)
    const { archive } = point
    const grid = gridFromTicks(at, 'round')
    if (point.future || (archive.length > 0 && grid < archive.gridAt(archive.length - 1))) {
      this.insert(idOrName, at, value, flags)
      return
    }
    const drop = archive.hasSnapshot && isOnLine(point, grid, value)
    if (!drop) archive.archiveSnapshot()
    archive.setSnapshot(grid, value, flags)
    const event = archive.eventAt(archive.length - 1)
    this.#announce({ point, action: 'Add', event, previousArchived: !drop })
  }

  /** Puts an event into the archive, whatever is there already: a late sample, or history made by a test. */
  insert(idOrName: number | string, at: bigint, value: StoredValue, flags: EventFlags = {}): void {
    const point = this.point(idOrName)
    const row = point.archive.insert(gridFromTicks(at, 'round'), value, flags)
    const action = row === point.archive.length - 1 ? 'Add' : 'Insert'
    this.#announce({ point, action, event: point.archive.eventAt(row) })
  }

  /** Replaces the `ord`-th event at a time; marks it Substituted, as editing by hand does, unless told otherwise. */
  edit(idOrName: number | string, at: bigint, ord: number, value: StoredValue, flags: EventFlags = {}): void {
    const point = this.point(idOrName)
    const row = rowOf(point, at, ord)
    point.archive.replace(row, value, { substituted: true, ...flags })
    this.#announce({ point, action: 'Update', event: point.archive.eventAt(row) })
  }

  delete(idOrName: number | string, at: bigint, ord: number): void {
    const point = this.point(idOrName)
    const row = rowOf(point, at, ord)
    const event = point.archive.eventAt(row)
    point.archive.remove(row)
    this.#announce({ point, action: 'Delete', event })
  }

  #announce(change: EventChange): void {
    for (const listener of this.#listeners) listener(change)
  }
}

function rowOf(point: HistorianPoint, at: bigint, ord: number): number {
  const grid = gridFromTicks(at, 'round')
  const row = point.archive.lowerBoundGrid(grid) + ord
  if (point.archive.gridAt(row) !== grid) {
    throw new RangeError(`${point.name} has no event ${String(ord)} at ${formatTicksTrimmed(at)}`)
  }
  return row
}

/** Would dropping the snapshot lose no more than the point's compression deviation? One step of a swinging door. */
function isOnLine(point: HistorianPoint, grid: number, value: StoredValue): boolean {
  const { archive } = point
  const last = archive.archivedLength - 1
  if (!point.compressing || last < 0 || typeof value !== 'number') return false
  const from = archive.valueAt(last)
  const snapshot = archive.valueAt(last + 1)
  if (typeof from !== 'number' || typeof snapshot !== 'number') return false
  const span = grid - archive.gridAt(last)
  if (span <= 0) return false
  const share = (archive.gridAt(last + 1) - archive.gridAt(last)) / span
  return Math.abs(from + (value - from) * share - snapshot) <= point.compDev
}

function convertValue(value: PiEvent['value'], to: PiPointType): StoredValue {
  if (typeof value === 'object' && 'isSystem' in value) {
    if (value.isSystem) return { system: value.value }
    return to === 'String' ? value.name : value.value
  }
  if (to === 'String') return typeof value === 'object' ? Buffer.from(value).toString('base64') : String(value)
  const number = Number(value)
  if (Number.isNaN(number) && typeof value === 'string') return { system: BAD_INPUT }
  return to === 'Int32' ? Math.trunc(number) : number
}

const BAD_INPUT = 255
