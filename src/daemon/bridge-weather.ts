/**
 * Bridge weather: what the bridge lives through - starts, outages, samples that come late, changes of the local time -
 * noted as facts. A streak of green that has seen none of it proves little; policies may ask for each.
 */
import type { BridgeFactKind } from '../store/cutover-facts.ts'
import type { LiveHistorian } from '../telemetry/live-status.ts'

/** Late samples come one by one; once in a while is enough to know. */
const NOTE_AGAIN_MS = 60 * 60_000

export interface WeatherEvent {
  readonly kind: Exclude<BridgeFactKind, 'seeded-faults'>
  /** Undefined: it concerns all. */
  readonly historian: string | undefined
  readonly detail: Readonly<Record<string, string | number>>
}

export interface WeatherParts {
  /** Of Banyan. */
  readonly version: string
  /** Milliseconds since 1970. */
  readonly clock: () => number
  /** Local time minus UTC, minutes; changes to and from daylight saving time. */
  readonly zoneOffset: () => number
}

interface Seen {
  isUp: boolean
  late: number
}

/** One per process: what it has seen is not forgotten when the configuration is reloaded. */
export class BridgeWeather {
  readonly #parts: WeatherParts
  readonly #historians = new Map<string, Seen>()
  readonly #notedMs = new Map<string, number>()
  #zoneOffset: number | undefined

  constructor(parts: WeatherParts) {
    this.#parts = parts
  }

  /** What happened since the last call; the first one tells of the start. */
  observe(historians: readonly Pick<LiveHistorian, 'name' | 'up' | 'revisions'>[]): WeatherEvent[] {
    return [...this.#ofProcess(), ...historians.flatMap((historian) => [...this.#ofHistorian(historian)])]
  }

  *#ofProcess(): Generator<WeatherEvent> {
    const minutes = this.#parts.zoneOffset()
    const before = this.#zoneOffset
    this.#zoneOffset = minutes
    if (before === undefined) {
      yield { kind: 'restart', historian: undefined, detail: { version: this.#parts.version } }
    } else if (before !== minutes) {
      yield { kind: 'clock-change', historian: undefined, detail: { from: before, to: minutes } }
    }
  }

  *#ofHistorian({
    name,
    up,
    revisions: { late },
  }: Pick<LiveHistorian, 'name' | 'up' | 'revisions'>): Generator<WeatherEvent> {
    const seen = this.#historians.get(name)
    this.#historians.set(name, { isUp: up, late })
    // Before its first answer it was not up, and that was no outage.
    if (seen === undefined) return
    if (up && !seen.isUp && this.#isNews(`${name} outage`)) yield { kind: 'outage', historian: name, detail: {} }
    // The services begin to count anew when the configuration is reloaded.
    const samples = late < seen.late ? late : late - seen.late
    if (samples > 0 && this.#isNews(`${name} late`)) yield { kind: 'late-batch', historian: name, detail: { samples } }
  }

  #isNews(what: string): boolean {
    const now = this.#parts.clock()
    const noted = this.#notedMs.get(what)
    if (noted !== undefined && now >= noted && now - noted < NOTE_AGAIN_MS) return false
    this.#notedMs.set(what, now)
    return true
  }
}
