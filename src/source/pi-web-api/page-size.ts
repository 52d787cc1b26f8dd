/**
 * PageSize: how many rows one call may ask for, learned from the server.
 *
 * The ceiling (`MaxReturnedItemsPerCall`) is configuration of the server and its refusal is an ordinary 400, told from
 * others only by this: a smaller page of the same request is accepted. So a refusal counts as the ceiling once a
 * smaller page has succeeded, never before. And not for ever: a 400 may pass, and a ceiling may be raised.
 */

/** The documented default of `MaxReturnedItemsPerCall`: nothing above it is ever asked for. */
export const MAX_PAGE = 150_000

/** No server is configured to give less; a request refused at this size is refused for another reason. */
export const MIN_CEILING = 100

/** Pages below a ceiling until it is tried again: the refusal then costs one request in a hundred. */
const PAGES_BELOW_CEILING = 100

export class PageSize {
  /** Largest page the server has accepted, below `#refused`. */
  #accepted = 0
  #refused: number | undefined
  #pagesBelow = 0

  /** The page to begin with when the caller wants `wanted` rows. */
  base(wanted: number): number {
    return Math.max(1, Math.min(wanted, this.#refused === undefined ? MAX_PAGE : this.#accepted))
  }

  /** A larger page than `size`; undefined at the ceiling. Nears a known ceiling by halving the distance. */
  grown(size: number): number | undefined {
    const near = this.#refused === undefined ? MAX_PAGE : Math.floor((size + this.#refused) / 2)
    const next = Math.min(size * 2, near, MAX_PAGE)
    return next > size ? next : undefined
  }

  /** What to try after `size` was refused; undefined when there is nothing smaller. */
  shrunk(size: number): number | undefined {
    if (size <= MIN_CEILING) return undefined
    return this.#accepted > 0 && this.#accepted < size ? this.#accepted : Math.max(MIN_CEILING, Math.floor(size / 2))
  }

  /** A page of `size` was accepted, after `refused` (the smallest size just refused, if any) was not. */
  learn(size: number, refused: number | undefined): void {
    if (refused !== undefined) {
      this.#refused = refused
      this.#accepted = size
      this.#pagesBelow = 0
    } else if (this.#refused !== undefined && ++this.#pagesBelow >= PAGES_BELOW_CEILING) {
      this.#refused = undefined
    } else if (size > this.#accepted) {
      this.#accepted = size
      if (this.#refused !== undefined && size >= this.#refused) this.#refused = undefined
    }
  }
}
