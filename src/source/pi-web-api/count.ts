/**
 * Count: the historian's own count of the events in a window, by its `summary` call.
 *
 * The default basis would answer a duration in seconds; of the event-weighted ones only "exclude most recent event"
 * fits half-open windows ("PI Web API reference", calculationBasis). A historian that cannot tell is not an error.
 */
import { isBanyanError } from '../../domain/errors.ts'
import type { Tag } from '../../domain/tag.ts'
import { formatTicks } from '../../domain/ticks.ts'
import type { Window } from '../../domain/window.ts'
import { isObject, type JsonObject } from './answer.ts'
import type { Batch } from './batch.ts'
import { printable } from './errors.ts'
import type { Retrying } from './retrying.ts'
import { encodePointWebId } from './webid.ts'

export async function countWindow(
  batch: Batch,
  retrying: Retrying,
  tag: Tag,
  window: Window,
  signal: AbortSignal,
): Promise<number | undefined> {
  const webId = encodePointWebId(tag.address.serverGuid, tag.address.pointId)
  const path =
    `/streams/${webId}/summary?summaryType=Count&calculationBasis=EventWeightedExcludeMostRecentEvent` +
    `&startTime=${encodeURIComponent(formatTicks(window.from))}&endTime=${encodeURIComponent(formatTicks(window.until))}`
  return retrying(async () => {
    try {
      return countOf((await batch.get(path, `counting tag ${printable(tag.name)}`, 0, signal)).json)
    } catch (error) {
      if (isBanyanError(error, 'BANYAN_SOURCE_REJECTED')) return undefined
      throw error
    }
  }, signal)
}

function countOf(answer: JsonObject): number | undefined {
  const items: unknown = answer['Items']
  const first: unknown = Array.isArray(items) ? items[0] : undefined
  const value = isObject(first) ? first['Value'] : undefined
  if (!isObject(value) || value['Good'] === false) return undefined
  const count = value['Value']
  return Number.isSafeInteger(count) && (count as number) >= 0 ? (count as number) : undefined
}
