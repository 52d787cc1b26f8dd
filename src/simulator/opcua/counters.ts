/** What the double was asked for: the proof that a client is polite, tidy and only reads. */
export interface OpcUaCounters {
  /** HistoryRead calls, those that failed among them. */
  readonly historyReads: number
  /** Nodes named in them. */
  readonly nodes: number
  /** Rows put into answers. */
  readonly rows: number
  /** Most HistoryRead calls unanswered at one time. */
  readonly peakConcurrency: number
  readonly openContinuationPoints: number
  readonly peakContinuationPoints: number
  /** Sessions created. */
  readonly sessions: number
  /** Requests that would change something. Must stay 0. */
  readonly writes: number
}

const WRITES: ReadonlySet<string> = new Set([
  'WriteRequest',
  'HistoryUpdateRequest',
  'CallRequest',
  'AddNodesRequest',
  'AddReferencesRequest',
  'DeleteNodesRequest',
  'DeleteReferencesRequest',
])

export class RequestTally {
  historyReads = 0
  nodes = 0
  rows = 0
  peakConcurrency = 0
  sessions = 0
  writes = 0
  openContinuationPoints = 0
  peakContinuationPoints = 0
  #running = 0

  /** Every request of every service passes here by name. */
  requested(service: string): void {
    if (WRITES.has(service)) this.writes += 1
  }

  historyReadBegan(nodes: number): void {
    this.historyReads += 1
    this.nodes += nodes
    this.#running += 1
    this.peakConcurrency = Math.max(this.peakConcurrency, this.#running)
  }

  historyReadEnded(): void {
    this.#running -= 1
  }

  continuationPointsChanged(by: number): void {
    this.openContinuationPoints += by
    this.peakContinuationPoints = Math.max(this.peakContinuationPoints, this.openContinuationPoints)
  }

  snapshot(): OpcUaCounters {
    return {
      historyReads: this.historyReads,
      nodes: this.nodes,
      rows: this.rows,
      peakConcurrency: this.peakConcurrency,
      openContinuationPoints: this.openContinuationPoints,
      peakContinuationPoints: this.peakContinuationPoints,
      sessions: this.sessions,
      writes: this.writes,
    }
  }
}
