/**
 * Tags: the catalogue as last seen, so that a bridge can plan and name tags while the historian is away.
 *
 * A tag gets a new version when anything about it changes. A version counts as published only when the log took it:
 * a crash in between publishes it again, which a compacted topic forgives.
 */
import { SAMPLE_TYPES, type SampleType } from '../domain/sample.ts'
import { parseTagId, type TagId } from '../domain/tag-id.ts'
import type { Tag, TagCompression } from '../domain/tag.ts'
import type { Row, StoreDatabase } from './database.ts'
import { corruptStore } from './sqlite-error.ts'

export interface StoredTag {
  readonly tag: Tag
  /** 1 when first seen. */
  readonly version: number
  readonly seenAtMs: number
}

const CONTENT = [
  'name',
  'descriptor',
  'type',
  'units',
  'zero',
  'span',
  'step',
  'future',
  'digital_set',
  'compressing',
  'comp_dev',
  'comp_min_s',
  'comp_max_s',
  'exc_dev',
  'server_guid',
  'point_id',
] as const

const UPSERT = `
  INSERT INTO tags (id, version, seen_at, ${CONTENT.join(', ')}) VALUES (?, 1, ?, ${CONTENT.map(() => '?').join(', ')})
  ON CONFLICT (id) DO UPDATE SET
    seen_at = excluded.seen_at,
    version = version + ((${CONTENT.join(', ')}) IS NOT (${CONTENT.map((c) => `excluded.${c}`).join(', ')})),
    ${CONTENT.map((c) => `${c} = excluded.${c}`).join(', ')}`

export class TagTable {
  readonly #db: StoreDatabase
  readonly #clock: () => number

  constructor(db: StoreDatabase, clock: () => number) {
    this.#db = db
    this.#clock = clock
  }

  /** Remembers what the catalogue said; all or nothing. Tags it no longer lists stay. */
  save(tags: Iterable<Tag>): void {
    this.#db.write(() => {
      const upsert = this.#db.prepare(UPSERT)
      const now = this.#clock()
      for (const tag of tags) upsert.run(tag.id, now, ...contentOf(tag))
    })
  }

  get(id: TagId): StoredTag | undefined {
    const row = this.#db.read(() => this.#db.prepare('SELECT * FROM tags WHERE id = ?').get(id))
    return row === undefined ? undefined : this.#decode(row)
  }

  /** All tags of a historian, or of all, ascending by tag id. */
  list(historian?: string): StoredTag[] {
    return this.#db.read(() =>
      this.#db
        .prepare(
          "SELECT * FROM tags WHERE @historian IS NULL OR substr(id, 1, length(@historian) + 1) = @historian || '/' ORDER BY id",
        )
        .all({ historian: historian ?? null })
        .map((row) => this.#decode(row)),
    )
  }

  /** Tags whose current version is not in the log yet. */
  unpublished(): StoredTag[] {
    return this.#db.read(() =>
      this.#db
        .prepare('SELECT * FROM tags WHERE published_version < version ORDER BY id')
        .all()
        .map((row) => this.#decode(row)),
    )
  }

  /** The log has taken this version. */
  markPublished(id: TagId, version: number): void {
    this.#db.write(() =>
      this.#db.prepare('UPDATE tags SET published_version = max(published_version, ?) WHERE id = ?').run(version, id),
    )
  }

  /** Nothing is known to be in the log any more: it may be another one. */
  forgetPublished(): void {
    this.#db.write(() => this.#db.prepare('UPDATE tags SET published_version = 0').run())
  }

  #decode(row: Row): StoredTag {
    try {
      return { tag: decodeTag(row), version: Number(row['version']), seenAtMs: Number(row['seen_at']) }
    } catch (error) {
      throw corruptStore(this.#db.file, `the tag ${JSON.stringify(row['id'])} cannot be read`, error)
    }
  }
}

function contentOf(tag: Tag): (string | number | null)[] {
  const { compression } = tag
  return [
    tag.name,
    tag.descriptor,
    tag.type,
    tag.units,
    tag.zero ?? null,
    tag.span ?? null,
    tag.step ? 1 : 0,
    tag.future ? 1 : 0,
    tag.digitalSet ?? null,
    compression === undefined ? null : compression.compressing ? 1 : 0,
    compression?.compDev ?? null,
    compression?.compMinSeconds ?? null,
    compression?.compMaxSeconds ?? null,
    compression?.excDev ?? null,
    tag.address.serverGuid,
    tag.address.pointId,
  ]
}

function decodeTag(row: Row): Tag {
  const type = row['type'] as SampleType
  if (!SAMPLE_TYPES.includes(type)) throw new RangeError(`unknown sample type ${JSON.stringify(type)}`)
  return {
    id: parseTagId(row['id'] as string),
    name: row['name'] as string,
    descriptor: row['descriptor'] as string,
    type,
    units: row['units'] as string,
    zero: optionalNumber(row['zero']),
    span: optionalNumber(row['span']),
    step: row['step'] === 1n,
    future: row['future'] === 1n,
    digitalSet: (row['digital_set'] as string | null) ?? undefined,
    compression: decodeCompression(row),
    address: { serverGuid: row['server_guid'] as string, pointId: Number(row['point_id']) },
  }
}

function decodeCompression(row: Row): TagCompression | undefined {
  if (row['compressing'] === null) return undefined
  return {
    compressing: row['compressing'] === 1n,
    // SQLite keeps NaN as NULL; a deviation that is not known must not come back as 0.
    compDev: optionalNumber(row['comp_dev']) ?? NaN,
    compMinSeconds: optionalNumber(row['comp_min_s']) ?? NaN,
    compMaxSeconds: optionalNumber(row['comp_max_s']) ?? NaN,
    excDev: optionalNumber(row['exc_dev']) ?? NaN,
  }
}

function optionalNumber(value: unknown): number | undefined {
  return value === null ? undefined : (value as number)
}
