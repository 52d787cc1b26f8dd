/**
 * The library's server with one service replaced: HistoryRead is answered by a callback, whole calls at a time. All
 * other services (sessions, browsing, reading attributes, security) are the library's own.
 */
import type { HistoryReadRequest, Message, OPCUAServer, OPCUAServerOptions, ServerSecureChannelLayer } from 'node-opcua'
import type { HistoryAnswer } from './history-service.ts'
import type { NodeOpcua } from './node-opcua.ts'

/** `session` is the same object for as long as the server keeps the session. */
type AnswerHistory = (request: HistoryReadRequest, session: object) => Promise<HistoryAnswer>

export function createHistoryServer(opcua: NodeOpcua, options: OPCUAServerOptions, answer: AnswerHistory): OPCUAServer {
  class HistoryServer extends opcua.OPCUAServer {
    protected override _on_HistoryReadRequest(message: Message, channel: ServerSecureChannelLayer): void {
      void this._apply_on_SessionObject(opcua.HistoryReadResponse, message, channel, async (session, send, fail) => {
        const results = await answer(message.request as HistoryReadRequest, session)
        if (typeof results === 'number') {
          fail(opcua.coerceStatusCode(results))
          return
        }
        const response = new opcua.HistoryReadResponse()
        response.results = [...results]
        send(response)
      })
    }
  }
  return new HistoryServer(options)
}
