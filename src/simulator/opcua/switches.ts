/** Switches of the OPC UA double: faults and limits that may change while it runs. */
import { z } from 'zod'

const count = z.number().int().min(0)
const statusCode = z.number().int().min(0).max(0xffff_ffff)

export const opcUaSwitchesSchema = z.strictObject({
  /** Before every history answer goes out. */
  latencyMs: z.number().min(0).default(0),
  /** The server's clock against the historian's. */
  clockOffsetMs: z.number().default(0),
  /** MaxNodesPerHistoryReadData, advertised and enforced with Bad_TooManyOperations; 0 = no limit. */
  maxNodesPerCall: count.default(0),
  /** An answer with more rows than this fails as a whole, Bad_ResponseTooLarge, its continuation points lost; 0 = off. */
  maxRowsPerAnswer: count.default(0),
  /** Names of nodes whose history and value this account may not read. */
  deniedNodes: z.array(z.string()).default([]),
  /** Names of nodes the server does not have, whatever the historian says. */
  removedNodes: z.array(z.string()).default([]),
  /** Every node's operation fails with this StatusCode (Bad_OutOfService, Bad_DataUnavailable …); 0 = off. */
  operationStatus: statusCode.default(0),
  /** Every HistoryRead fails with this service result; 0 = off. */
  serviceResult: statusCode.default(0),
  /** ServiceLevel, 0 (out of service) to 255 (all is well). */
  serviceLevel: z.number().int().min(0).max(255).default(255),
})

export type OpcUaSwitches = Readonly<z.infer<typeof opcUaSwitchesSchema>>

/** The switches with a change applied; throws on an unknown switch or an impossible value, and then changes nothing. */
export function changeOpcUaSwitches(current: OpcUaSwitches, change: unknown): OpcUaSwitches {
  const named = z.record(z.string(), z.unknown()).parse(change)
  return opcUaSwitchesSchema.parse({ ...current, ...named })
}
