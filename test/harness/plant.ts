/**
 * Plant: a living plant on a simulator. Its tags send samples as time goes by; some arrive late, some are edited,
 * deleted or put back hours later, ties grow and shrink, compressing tags take back their newest value, forecasts are
 * rewritten, and tags come, go, and change name and type. The same seed and the same calls give the same history, in
 * whatever pieces the time is cut.
 *
 * It keeps account of what it did to history, so that a test can demand to see each change as a revision.
 */
import type { EventFlags, StoredValue } from '../../src/simulator/archive.ts'
import type { Historian } from '../../src/simulator/historian.ts'
import type { HistorianPoint } from '../../src/simulator/point.ts'
import { Random } from '../../src/simulator/random.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import type { PiEvent } from '../../src/simulator/series.ts'
import { truthAt, truthOf, type TruthRow } from '../../src/simulator/truth.ts'
import { Agenda } from './agenda.ts'
import { contentOfTruth } from './expected.ts'
import { contentsByTime, fitting, onGrid, stored } from './plant-point.ts'
import { editedValue, sampleFlags, sampleValue, signalOf, VALVE_STATES, type Signal } from './plant-signals.ts'

export interface PlantOptions {
  /** Beside the forecast. Default 24. */
  readonly tags?: number
  /** Default 1. */
  readonly seed?: number
}

export type ChangeKind = 'late' | 'edited' | 'deleted' | 'put back' | 'taken back' | 'retyped'

/** One change of history, told as what a tag held at one time before and after it. */
export interface PlantChange {
  readonly kind: ChangeKind
  /** Id of the point. */
  readonly point: number
  readonly ts: string
  /** How many marks were made before it. */
  readonly epoch: number
  /** Nothing was sent for this time since the last mark: whoever was complete then has what this changes. */
  readonly isOfMarked: boolean
  /** Contents as text, in archive order. */
  readonly before: readonly string[]
  readonly after: readonly string[]
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const TICKS_PER_MS = 10_000n
const TICKS_PER_HOUR = BigInt(HOUR_MS) * TICKS_PER_MS
/** Forecasts reach this far, and the next hour rewrites them. */
const FORECAST_HOURS = 24

/** Shares of the samples sent. */
const LATE = 0.02
const EDITED = 0.01
const DELETED = 0.005
const TIED = 0.02
const GROWING = 0.005
/** Shares of the ties, and of the deleted. */
const SHRINKING = 0.2
const PUT_BACK = 0.25
/** Shares of the forecasts rewritten. */
const FORECAST_DROPPED = 0.05

const SHORTEST_DELAY_MS = 2 * MINUTE_MS
const LONGEST_DELAY_MS = 4 * HOUR_MS

export class Plant {
  readonly #historian: Historian
  readonly #random: Random
  readonly #start: bigint
  readonly #agenda = new Agenda()
  readonly #changes: PlantChange[] = []
  readonly #gone = new Map<number, number>()
  readonly #retyped = new Map<number, number>()
  #sentSinceMark = new Set<string>()
  #epoch = 0
  #sent = 0
  #edits = 0
  #tagCount = 0

  constructor({ historian }: Simulator, { tags = 24, seed = 1 }: PlantOptions = {}) {
    this.#historian = historian
    this.#random = new Random(seed)
    this.#start = historian.clock.now()
    historian.primary.addEnumerationSet('Valve', VALVE_STATES)
    for (let tag = 0; tag < tags; tag++) this.addTag()
    const { id } = historian.createPoint({ name: 'LOAD.FORECAST', pointType: 'Float32', future: true })
    this.#agenda.add(0, () => this.#forecast(id))
  }

  /** What was done to history, in order. */
  get changes(): readonly PlantChange[] {
    return this.#changes
  }

  /** Samples sent, late ones included, changes of history not. */
  get sent(): number {
    return this.#sent
  }

  /** Points deleted, and the epoch in which. */
  get gone(): ReadonlyMap<number, number> {
    return this.#gone
  }

  /** Points whose type was changed, and the epoch in which, last. */
  get retyped(): ReadonlyMap<number, number> {
    return this.#retyped
  }

  get epoch(): number {
    return this.#epoch
  }

  /** Lives on for so long. A clock that ran by itself stands still from now on. */
  step(ms: number): void {
    const { clock } = this.#historian
    clock.run(0)
    const untilMs = this.#nowMs + ms
    for (const { atMs, act } of this.#agenda.due(untilMs)) {
      clock.advance(Math.max(0, atMs - this.#nowMs))
      act()
    }
    clock.advance(untilMs - this.#nowMs)
  }

  /** The historian's clock is set, forward or back; the plant goes on as if nothing had happened. */
  jump(ms: number): void {
    this.#historian.clock.step(ms)
    this.#agenda.shift(ms)
  }

  /** Says that whoever follows the plant is known to be complete up to now. */
  mark(): void {
    this.#epoch += 1
    this.#sentSinceMark = new Set()
  }

  /** All that recorded values hold, snapshots included. */
  truth(): Iterable<TruthRow> {
    return truthOf(this.#historian, { snapshots: true })
  }

  addTag(): void {
    const valve = this.#historian.primary.enumerationSets.at(-1)!
    const signal = signalOf(this.#tagCount, valve)
    this.#tagCount += 1
    const { id } = this.#historian.createPoint(signal.spec)
    this.#schedule(this.#random.below(signal.everyMs), () => this.#live(id, signal))
  }

  renameTag(name: string, to: string): void {
    this.#historian.renamePoint(name, to)
  }

  /** Its history is gone too. */
  deleteTag(name: string): void {
    const { id } = this.#historian.point(name)
    this.#historian.deletePoint(id)
    this.#gone.set(id, this.#epoch)
  }

  retypeTag(name: string, to: 'Float64' | 'String'): void {
    const point = this.#historian.point(name)
    const before = contentsByTime(point)
    this.#historian.retypePoint(point.id, to)
    const after = contentsByTime(point)
    this.#retyped.set(point.id, this.#epoch)
    for (const [ts, contents] of before) this.#note('retyped', point.id, ts, contents, after.get(ts) ?? [])
  }

  get #nowMs(): number {
    return Number((this.#historian.clock.now() - this.#start) / TICKS_PER_MS)
  }

  #schedule(inMs: number, act: () => void): void {
    this.#agenda.add(this.#nowMs + inMs, act)
  }

  #scheduleLater(act: () => void): void {
    this.#schedule(SHORTEST_DELAY_MS + this.#random.below(LONGEST_DELAY_MS - SHORTEST_DELAY_MS), act)
  }

  /** The point, unless it was deleted. */
  #point(id: number): HistorianPoint | undefined {
    return this.#historian.primary.pointById(id)
  }

  #live(id: number, signal: Signal): void {
    const point = this.#point(id)
    if (point === undefined) return
    const random = this.#random
    const at = onGrid(this.#historian.clock.now() - BigInt(random.below(Number(TICKS_PER_MS))))
    const value = sampleValue(point.pointType, random)
    const flags = sampleFlags(random)
    this.#sent += 1
    if (random.chance(LATE)) this.#scheduleLater(() => this.#insert('late', id, at, value, flags))
    else this.#send(point, at, value, flags)
    if (random.chance(TIED) && !point.compressing) {
      this.#sent += 1
      this.#send(point, at, sampleValue(point.pointType, random), {})
      if (random.chance(SHRINKING)) this.#scheduleLater(() => this.#delete(id, at))
    }
    if (random.chance(GROWING)) {
      const more = sampleValue(point.pointType, random)
      this.#scheduleLater(() => this.#insert('late', id, at, more, {}))
    }
    if (random.chance(EDITED)) this.#scheduleLater(() => this.#edit(id, at))
    if (random.chance(DELETED)) this.#scheduleLater(() => this.#delete(id, at))
    this.#schedule(1 + random.below(2 * signal.everyMs), () => this.#live(id, signal))
  }

  #send(point: HistorianPoint, at: bigint, value: StoredValue, flags: EventFlags): void {
    const { archive } = point
    const displaced = archive.hasSnapshot ? archive.ticksAt(archive.length - 1) : at
    const write = (): void => this.#historian.write(point.id, at, fitting(value, point), flags)
    if (displaced === at) write()
    else this.#change('taken back', point, displaced, write)
    this.#sentSinceMark.add(nameOf(point, at))
  }

  #insert(kind: 'late' | 'put back', id: number, at: bigint, value: StoredValue, flags: EventFlags): void {
    const point = this.#point(id)
    if (point === undefined) return
    this.#change(kind, point, at, () => this.#historian.insert(id, at, fitting(value, point), flags))
  }

  #edit(id: number, at: bigint): void {
    const event = this.#eventAt(id, at)
    if (event === undefined) return
    this.#edits += 1
    const value = editedValue(event.point.pointType, this.#edits, stored(event.event).value)
    this.#change('edited', event.point, at, () => this.#historian.edit(id, at, event.ord, value))
  }

  #delete(id: number, at: bigint): void {
    const event = this.#eventAt(id, at)
    if (event === undefined) return
    this.#change('deleted', event.point, at, () => this.#historian.delete(id, at, event.ord))
    if (!this.#random.chance(PUT_BACK)) return
    const { value, flags } = stored(event.event)
    this.#scheduleLater(() => this.#insert('put back', id, at, value, flags))
  }

  /** Any one of what the point holds at that time, if it holds anything. */
  #eventAt(id: number, at: bigint): { point: HistorianPoint; ord: number; event: PiEvent } | undefined {
    const point = this.#point(id)
    if (point === undefined) return undefined
    const { archive } = point
    const first = archive.lowerBound(at)
    let count = 0
    while (first + count < archive.length && archive.ticksAt(first + count) === at) count += 1
    if (count === 0) return undefined
    const ord = this.#random.below(count)
    return { point, ord, event: archive.eventAt(first + ord) }
  }

  /** Every hour the forecast for each of the next hours, over what was foreseen before. */
  #forecast(id: number): void {
    const point = this.#historian.point(id)
    const random = this.#random
    const lastHour = this.#historian.clock.now() / TICKS_PER_HOUR
    for (let hour = 1n; hour <= FORECAST_HOURS; hour++) {
      const at = (lastHour + hour) * TICKS_PER_HOUR
      const known = this.#eventAt(id, at)
      const value = random.below(8000) / 8
      if (known === undefined) this.#change('late', point, at, () => this.#historian.insert(id, at, value))
      else if (random.chance(FORECAST_DROPPED)) {
        this.#change('deleted', point, at, () => this.#historian.delete(id, at, 0))
      } else {
        this.#change('edited', point, at, () => this.#historian.edit(id, at, 0, value, { substituted: false }))
      }
    }
    this.#schedule(HOUR_MS, () => this.#forecast(id))
  }

  #change(kind: ChangeKind, point: HistorianPoint, at: bigint, act: () => void): void {
    const before = truthAt(point, at)
    act()
    const after = truthAt(point, at)
    const ts = (before[0] ?? after[0])?.ts
    if (ts !== undefined) this.#note(kind, point.id, ts, before.map(contentOfTruth), after.map(contentOfTruth))
  }

  #note(kind: ChangeKind, point: number, ts: string, before: string[], after: string[]): void {
    if (before.join() === after.join()) return
    const isOfMarked = !this.#sentSinceMark.has(`${String(point)}|${ts}`)
    this.#changes.push({ kind, point, ts, epoch: this.#epoch, isOfMarked, before, after })
  }
}

function nameOf(point: HistorianPoint, at: bigint): string {
  return `${String(point.id)}|${truthAt(point, at)[0]?.ts ?? ''}`
}
