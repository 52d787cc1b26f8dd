/** Agenda: what is to happen when. Items due at one time keep the order in which they were added. */
interface Item {
  atMs: number
  readonly act: () => void
}

export class Agenda {
  /** Ascending by time. */
  readonly #items: Item[] = []

  add(atMs: number, act: () => void): void {
    let low = 0
    let high = this.#items.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#items[middle]!.atMs <= atMs) low = middle + 1
      else high = middle
    }
    this.#items.splice(low, 0, { atMs, act })
  }

  /** Takes out what is due up to `untilMs`, inclusive, and what is added for then meanwhile. */
  *due(untilMs: number): Generator<Readonly<Item>> {
    for (let item = this.#items[0]; item !== undefined && item.atMs <= untilMs; item = this.#items[0]) {
      this.#items.shift()
      yield item
    }
  }

  /** Everything happens that much later, or (negative) earlier. */
  shift(ms: number): void {
    for (const item of this.#items) item.atMs += ms
  }
}
