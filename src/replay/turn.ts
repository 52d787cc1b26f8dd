/** Turn: bodies that must not overlap run one after the other, in the order in which they asked. */
export class Turn {
  #last: Promise<unknown> = Promise.resolve()

  /** Settles as the body does; one that rejects does not keep the next from running. */
  take<T>(body: () => Promise<T>): Promise<T> {
    const result = this.#last.then(body)
    this.#last = result.catch(() => undefined)
    return result
  }
}
