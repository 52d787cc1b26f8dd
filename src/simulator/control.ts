/**
 * The simulator's own HTTP interface for other processes, outside the API and not counted:
 *
 * `GET /simulator/truth` (NDJSON of TruthRow) · `GET /simulator/counters` · `GET|POST /simulator/switches` (POST merges
 * a JSON object) · `POST /simulator/history` (a JSON list of changes of history and clock, historyChangeSchema) ·
 * `POST /simulator/restart`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Counters } from './counters.ts'
import type { Historian } from './historian.ts'
import { applyHistoryChanges } from './history-change.ts'
import { json, ok, type Answer } from './http/answer.ts'
import { readBody } from './http/body.ts'
import { respond } from './http/respond.ts'
import type { Switches } from './switches.ts'
import { formatTruthRow, type TruthRow } from './truth.ts'

export const CONTROL_PATH = '/simulator'
const MAX_BODY_BYTES = 16_777_216
const CHUNK_ROWS = 1000

/** What can be steered. */
export interface Controlled {
  readonly historian: Historian
  readonly switches: Switches
  changeSwitches(change: Partial<Switches>): void
  truth(): Iterable<TruthRow>
  counters(): Counters
  restart(): void
}

export class ControlServer {
  readonly #controlled: Controlled

  constructor(controlled: Controlled) {
    this.#controlled = controlled
  }

  async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    let answer: Answer
    try {
      const body = await readBody(incoming, MAX_BODY_BYTES)
      answer = this.#answer(`${incoming.method ?? ''} ${(incoming.url ?? '').slice(CONTROL_PATH.length + 1)}`, body)
    } catch (error) {
      answer = json(400, { error: error instanceof Error ? error.message : String(error) })
    }
    await respond(outgoing, answer, { gzip: false, fault: { kind: 'none' } })
  }

  #answer(request: string, body: string): Answer {
    switch (request) {
      case 'GET truth':
        return {
          status: 200,
          headers: { 'Content-Type': 'application/x-ndjson' },
          body: { kind: 'chunks', chunks: truthLines(this.#controlled.truth()) },
        }
      case 'GET counters':
        return ok(this.#controlled.counters())
      case 'GET switches':
        return ok(this.#controlled.switches)
      case 'POST switches':
        this.#controlled.changeSwitches(JSON.parse(body) as Partial<Switches>)
        return ok(this.#controlled.switches)
      case 'POST history':
        return ok({ applied: applyHistoryChanges(this.#controlled.historian, JSON.parse(body)) })
      case 'POST restart':
        this.#controlled.restart()
        return ok({})
      default:
        return json(404, { error: `no control request ${request}` })
    }
  }
}

function* truthLines(rows: Iterable<TruthRow>): Generator<string> {
  let text = ''
  let count = 0
  for (const row of rows) {
    text += `${formatTruthRow(row)}\n`
    count += 1
    if (count % CHUNK_ROWS === 0) {
      yield text
      text = ''
    }
  }
  yield text
}
