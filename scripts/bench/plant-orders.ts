/** What the bench tells a plant in a process of its own, and what that answers to every order. */

export interface PlantSize {
  readonly tags: number
  /** Per tag, before the start, the newest a minute old. */
  readonly historySamples: number
  readonly historyEverySeconds: number
}

/**
 * `live`: from now on so many samples per second of the plant's clock, tag after tag in turn, and the clock runs at
 * `rate` times real time. 0 per second: no more samples.
 */
export type PlantOrder =
  { readonly do: 'look' } | { readonly do: 'live'; readonly perSecond: number; readonly rate: number }

export interface PlantState {
  readonly url: string
  /** Sent by `live` so far. */
  readonly sent: number
  readonly requests: number
  /** By route; what came in batches is not in it. */
  readonly byRoute: Readonly<Record<string, number>>
  /** Rows of recorded values put into answers. */
  readonly rows: number
  readonly writes: number
}
