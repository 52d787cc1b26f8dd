/**
 * AnswerSize: how many rows of one node this server gives in one answer, learned per node and session.
 *
 * Servers cut answers short at caps they do not state, and some give no continuation point then. An answer with less
 * than half the rows of one the server gave before was not cut by such a cap. That holds per node, since a server may
 * stand before several archives, and only while rows are about equally large: for texts and blobs nothing is proven.
 */

/** A row with a status, picoseconds and a server time is about twice as large as one without; a cap may be one of bytes. */
const ROW_SIZE_SPREAD = 2

export class AnswerSize {
  readonly #equalRows: boolean
  #session: object | undefined
  /** Most rows one answer has held. */
  #carried = 0
  /** An answer of so many rows was cut. */
  #cap: number | undefined
  /** The server refused more rows than this, or their bytes. */
  #ceiling = Number.POSITIVE_INFINITY

  /** `equalRows`: rows of this node are about equally large. */
  constructor(equalRows: boolean) {
    this.#equalRows = equalRows
  }

  /** An answer came in this session; in another than before, the server may be another. `statedCap`: what it says. */
  inSession(session: object, statedCap: number | undefined): void {
    if (session === this.#session) return
    this.#session = session
    this.#carried = 0
    this.#cap = statedCap
    this.#ceiling = Number.POSITIVE_INFINITY
  }

  /** Of every answer, once it was judged. */
  carried(rows: number): void {
    if (rows > this.#carried) this.#carried = rows
    if (this.#cap !== undefined && rows > this.#cap) this.#cap = undefined
  }

  /** An answer of `rows` rows without a continuation point turned out not to be all there was. */
  cutAt(rows: number): void {
    if (rows >= this.#carried) this.#cap = rows
  }

  /** An answer as large as asked, or as the cap: there may be more. */
  isFull(rows: number, asked: number): boolean {
    return rows >= asked || (this.#cap !== undefined && rows >= this.#cap)
  }

  /** These rows were not cut by a cap. */
  isWhole(rows: number): boolean {
    return this.#equalRows && rows * ROW_SIZE_SPREAD < this.#carried
  }

  /** `rows` are more than the server gives at once. */
  tooLarge(rows: number): void {
    this.#ceiling = Math.max(1, Math.floor(rows / 2))
  }

  /** What to ask for when `wanted` rows are. */
  fitting(wanted: number): number {
    return Math.max(1, Math.min(wanted, this.#ceiling))
  }
}
