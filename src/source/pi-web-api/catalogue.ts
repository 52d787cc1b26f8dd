/**
 * Catalogue: the tags a selection names.
 *
 * The point list is not a snapshot: a point created or deleted between two pages shifts the rest, so a listing of
 * several pages is repeated until two in a row agree, and points are told apart by their id. Names are looked up one
 * by one, in batches, because a path finds exactly the point whose name it holds.
 */
import { isBanyanError } from '../../domain/errors.ts'
import { isLiteral, matchesAnyMask, matchesMask } from '../../domain/name-mask.ts'
import type { Tag } from '../../domain/tag.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { Catalogue, TagSelection } from '../source.ts'
import { piAddressOf } from './address.ts'
import type { Batch } from './batch.ts'
import type { PiWebApiClient } from './client.ts'
import {
  COMPRESSION_ATTRIBUTES,
  decodeCompression,
  decodeEntity,
  decodePoint,
  POINT_FIELDS,
  pointListSchema,
  tagOf,
  type PointPlace,
} from './entities.ts'
import { printable } from './errors.ts'
import type { Features } from './features.ts'
import type { Retrying } from './retrying.ts'
import { encodePointWebId } from './webid.ts'

/** The server's own default page of a collection. */
const LIST_PAGE = 1_000

/** An administrator may have set the ceiling below that page; a ceiling below this would be of no use to anybody. */
const LEAST_LIST_PAGE = 10

/** A list that changes during five listings in a row is being worked on: what was seen so far is taken. */
const MAX_LISTINGS = 5

/** One sub-request per tag; beyond this the settings are not worth what asking costs the historian. */
const MAX_COMPRESSION_TAGS = 20_000

/** Lookups in flight at once: a few full batches. */
const LOOKUP_WINDOW = 500

export interface CatalogueParts {
  readonly client: PiWebApiClient
  readonly features: Features
  readonly batch: Batch
  readonly retrying: Retrying
  readonly logger: Logger
}

export interface ServerAddress extends PointPlace {
  readonly name: string
  readonly webId: string
}

export async function listCatalogue(
  parts: CatalogueParts,
  server: ServerAddress,
  selection: TagSelection,
  signal: AbortSignal,
): Promise<Catalogue> {
  const isExcluded = (name: string): boolean => matchesAnyMask(selection.exclude, name)
  const byId = new Map<number, Tag>()
  const keep = (tag: Tag): void => {
    if (!isExcluded(tag.name)) byId.set(piAddressOf(tag).pointId, tag)
  }

  for (const mask of selection.include.filter((text) => !isLiteral(text))) {
    for (const tag of await listMask(parts, server, mask, signal)) keep(tag)
  }
  const asked = [...selection.include.filter(isLiteral), ...selection.names]
  const names = [...new Set(asked)].filter((name) => !isExcluded(name))
  const missing: string[] = []
  for (const { name, tag } of await lookUp(parts, server, names, signal)) {
    if (tag === undefined) missing.push(name)
    else keep(tag)
  }
  const tags = [...byId].sort(([a], [b]) => a - b).map(([, tag]) => tag)
  return { tags: await withCompression(parts, tags, signal), missing }
}

async function listMask(
  parts: CatalogueParts,
  server: ServerAddress,
  mask: string,
  signal: AbortSignal,
): Promise<Iterable<Tag>> {
  let seen = new Map<number, Tag>()
  for (let listing = 1; ; listing++) {
    const { tags, pages } = await listOnce(parts, server, mask, signal)
    // One answer is a snapshot; several are only believed when they say the same again.
    const stable =
      pages === 1 || (listing > 1 && tags.size === seen.size && [...tags.keys()].every((id) => seen.has(id)))
    const settled = stable || listing === MAX_LISTINGS
    if (settled && !stable) {
      parts.logger.warn({ mask, listings: listing }, 'the point list keeps changing, taking what was seen')
      for (const [id, tag] of seen) if (!tags.has(id)) tags.set(id, tag)
    }
    seen = tags
    if (settled) return [...seen.values()].filter((tag) => matchesMask(mask, tag.name))
  }
}

interface Listing {
  readonly tags: Map<number, Tag>
  readonly pages: number
}

/** A page larger than the server's ceiling is refused with 400: then a smaller one is asked for. */
async function listOnce(
  parts: CatalogueParts,
  server: ServerAddress,
  mask: string,
  signal: AbortSignal,
): Promise<Listing> {
  for (let pageSize = LIST_PAGE; ; pageSize = Math.floor(pageSize / 2)) {
    try {
      return await listPages(parts, server, mask, pageSize, signal)
    } catch (error) {
      const isRefused = isBanyanError(error, 'BANYAN_SOURCE_REJECTED') && error.context['status'] === 400
      if (!isRefused || pageSize / 2 < LEAST_LIST_PAGE) throw error
    }
  }
}

async function listPages(
  { client, retrying }: CatalogueParts,
  server: ServerAddress,
  mask: string,
  pageSize: number,
  signal: AbortSignal,
): Promise<Listing> {
  const tags = new Map<number, Tag>()
  const what = `listing the points named ${printable(mask)}`
  const fields = encodeURIComponent([...POINT_FIELDS.map((field) => `Items.${field}`), 'Links.Next'].join(';'))
  const base = `/dataservers/${encodeURIComponent(server.webId)}/points?nameFilter=${encodeURIComponent(mask)}`
  let startIndex = 0
  for (let pages = 1; ; pages++) {
    const path = `${base}&startIndex=${startIndex}&maxCount=${pageSize}&selectedFields=${fields};WebException`
    const list = await retrying(async () => {
      const { json } = await client.get(path, { what, rows: 0, signal })
      return decodeEntity(pointListSchema, json, what)
    }, signal)
    const known = tags.size
    for (const point of list.Items) tags.set(point.Id, tagOf(point, server))
    startIndex += list.Items.length
    // A server may give less than a full page and say so only by a next link; one that repeats itself is at its end.
    const more = list.Items.length >= pageSize || typeof list.Links?.Next === 'string'
    if (!more || tags.size === known) return { tags, pages }
  }
}

async function lookUp(
  parts: CatalogueParts,
  server: ServerAddress,
  names: readonly string[],
  signal: AbortSignal,
): Promise<{ name: string; tag: Tag | undefined }[]> {
  const fields = `${encodeURIComponent(POINT_FIELDS.join(';'))};WebException`
  return mapWindowed(names, async (name) => {
    const what = `looking up tag ${printable(name)}`
    const path = `/points?path=${encodeURIComponent(`\\\\${server.name}\\${name}`)}&selectedFields=${fields}`
    const tag = await parts.retrying(async () => {
      try {
        return decodePoint((await parts.batch.get(path, what, 0, signal)).json, server, what)
      } catch (error) {
        // What the account may not see does not exist for us; neither stops the tags beside it.
        if (isBanyanError(error, 'BANYAN_SOURCE_NOT_FOUND', 'BANYAN_SOURCE_FORBIDDEN')) return undefined
        throw error
      }
    }, signal)
    return { name, tag }
  })
}

/** Best effort: a tag whose settings cannot be read keeps `undefined`. */
async function withCompression(
  { features, batch, retrying }: CatalogueParts,
  tags: readonly Tag[],
  signal: AbortSignal,
): Promise<readonly Tag[]> {
  if (tags.length === 0 || tags.length > MAX_COMPRESSION_TAGS || !(await features.find(signal)).batch) return tags
  const query = COMPRESSION_ATTRIBUTES.map((name) => `name=${name}`).join('&')
  return mapWindowed(tags, async (tag) => {
    const address = piAddressOf(tag)
    const what = `reading the settings of tag ${printable(tag.name)}`
    const path = `/points/${encodePointWebId(address)}/attributes?${query}&selectedFields=Items.Name;Items.Value;WebException`
    try {
      const compression = await retrying(
        async () => decodeCompression((await batch.get(path, what, 0, signal)).json, what),
        signal,
      )
      return { ...tag, compression }
    } catch (error) {
      if (signal.aborted || isBanyanError(error, 'BANYAN_SOURCE_UNAUTHORIZED')) throw error
      return tag
    }
  })
}

async function mapWindowed<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let i = 0; i < items.length; i += LOOKUP_WINDOW) {
    results.push(...(await Promise.all(items.slice(i, i + LOOKUP_WINDOW).map(run))))
  }
  return results
}
