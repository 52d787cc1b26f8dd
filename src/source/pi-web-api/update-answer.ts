/**
 * UpdateAnswer: what registrations and polls of stream updates answer, validated stream by stream: an item that cannot
 * be understood is left out, and whoever misses it knows that this stream has to be registered again.
 */
import { z } from 'zod'
import { parseTicks, type Ticks } from '../../domain/ticks.ts'
import type { Hint } from '../source.ts'
import type { JsonObject } from './answer.ts'
import { decodeEntity } from './entities.ts'
import { pointIdOf } from './webid.ts'

/** A marker is a GUID and a number; anything much longer would not fit into the URLs it has to travel in. */
const MAX_MARKER_LENGTH = 200

const listSchema = z.object({ Items: z.array(z.unknown()) })
const statusSchema = z.string().transform((text) => text.toLowerCase())
const markerSchema = z.string().min(1).max(MAX_MARKER_LENGTH)

const registrationSchema = z.object({
  Source: z.string(),
  LatestMarker: markerSchema,
  Status: statusSchema.refine((status) => status === 'succeeded' || status === 'alreadyregistered'),
})

/** Markers by point id, of the streams that are registered now. Throws BANYAN_SOURCE_PROTOCOL for no list at all. */
export function decodeRegistrations(json: JsonObject, what: string): Map<number, string> {
  const markers = new Map<number, string>()
  for (const item of decodeEntity(listSchema, json, what).Items) {
    const registration = registrationSchema.safeParse(item)
    if (!registration.success) continue
    const pointId = pointIdOf(registration.data.Source)
    if (pointId !== undefined) markers.set(pointId, registration.data.LatestMarker)
  }
  return markers
}

const pollSchema = z.object({
  RequestedMarker: z.string(),
  LatestMarker: markerSchema,
  Status: statusSchema.refine((status) => status === 'succeeded').optional(),
  Events: z.array(z.unknown()),
})

export interface StreamNews {
  /** Where to go on. */
  readonly marker: string
  readonly eventCount: number
  /** Undefined: more happened than is worth telling, or something that cannot be understood. */
  readonly changes: readonly Change[] | undefined
}

export type Change = Pick<Hint, 'change' | 'at'>

/** By the marker they were asked with. Throws BANYAN_SOURCE_PROTOCOL for no list at all. */
export function decodePoll(json: JsonObject, what: string): Map<string, StreamNews> {
  const news = new Map<string, StreamNews>()
  for (const item of decodeEntity(listSchema, json, what).Items) {
    const poll = pollSchema.safeParse(item)
    if (!poll.success) continue
    const { RequestedMarker: asked, LatestMarker: marker, Events: events } = poll.data
    news.set(asked, { marker, eventCount: events.length, changes: changesOf(events) })
  }
  return news
}

const eventSchema = z.object({ Action: z.string(), Timestamp: z.string() })

/** Beyond this many changes behind the newest sample one looks at the whole tag anyway. */
const MAX_CHANGES = 1_000

/** One `added` with the newest time, and a `changed` for each time at which something else happened. */
function changesOf(events: readonly unknown[]): readonly Change[] | undefined {
  let newest: Ticks | undefined
  const changed = new Set<Ticks>()
  for (const given of events) {
    const event = eventSchema.safeParse(given)
    const at = event.success ? timeOf(event.data.Timestamp) : undefined
    if (!event.success || at === undefined) return undefined
    // Insert, Update, Delete, Refresh, and whatever a later version may call it.
    if (event.data.Action.toLowerCase() !== 'add') changed.add(at)
    else if (newest === undefined || at > newest) newest = at
    if (changed.size > MAX_CHANGES) return undefined
  }
  const changes: Change[] = [...changed].map((at) => ({ change: 'changed', at }))
  return newest === undefined ? changes : [{ change: 'added', at: newest }, ...changes]
}

function timeOf(text: string): Ticks | undefined {
  try {
    return parseTicks(text)
  } catch {
    return undefined
  }
}
