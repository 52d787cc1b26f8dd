/**
 * Tags: the catalogue as last seen, so that a bridge can plan and name tags while the historian is away.
 *
 * A tag gets a new version when anything about it changes. A version counts as published only when the log took it:
 * a crash in between publishes it again, which a compacted topic forgives.
 */
import type { TagId } from '../domain/tag-id.ts'
import type { Tag } from '../domain/tag.ts'
import type { Row, StoreDatabase } from './database.ts'
import { ofHistorian } from './of-historian.ts'
import { corruptStore } from './sqlite-error.ts'
import { CONTENT, contentOf, decodeTag } from './tag-row.ts'

export interface StoredTag {
  readonly tag: Tag
  /** 1 when first seen. */
  readonly version: number
  readonly seenAtMs: number
  /** Since when it is known to have been as it is, without a break in which it was not listed. */
  readonly versionAtMs: number
  /** Since when the catalogue no longer lists it; undefined while it does. */
  readonly goneAtMs: number | undefined
}

/** What a catalogue brought that was not known before. */
export interface TagChanges {
  /** Never seen before. */
  readonly added: readonly TagId[]
  /** Known, and something about it differs. */
  readonly changed: readonly { readonly before: Tag; readonly after: Tag }[]
}

const IS_CHANGED = `(${CONTENT.join(', ')}) IS NOT (${CONTENT.map((c) => `excluded.${c}`).join(', ')})`

const UPSERT = `
  INSERT INTO tags (id, version, seen_at, version_at, ${CONTENT.join(', ')})
  VALUES (?, 1, ?, ?, ${CONTENT.map(() => '?').join(', ')})
  ON CONFLICT (id) DO UPDATE SET
    seen_at = excluded.seen_at,
    gone_at = NULL,
    version = version + (${IS_CHANGED}),
    version_at = iif(${IS_CHANGED} OR gone_at IS NOT NULL, excluded.seen_at, version_at),
    ${CONTENT.map((c) => `${c} = excluded.${c}`).join(', ')}
  RETURNING version`

export class TagTable {
  readonly #db: StoreDatabase
  readonly #clock: () => number

  constructor(db: StoreDatabase, clock: () => number) {
    this.#db = db
    this.#clock = clock
  }

  /**
   * Remembers what the catalogue said, and answers what is new in it; all or nothing. Tags it no longer lists stay.
   *
   * The answer is given once. Whoever must act on it in the store (mark windows, enqueue a job) does so in the `write`
   * that saves, or a crash in between forgets it.
   */
  save(tags: Iterable<Tag>): TagChanges {
    return this.#db.write(() => {
      const find = this.#db.prepare('SELECT * FROM tags WHERE id = ?')
      const upsert = this.#db.prepare<{ version: bigint }>(UPSERT)
      const now = this.#clock()
      const added: TagId[] = []
      const changed: { before: Tag; after: Tag }[] = []
      for (const tag of tags) {
        const before = find.get(tag.id)
        const version = upsert.get(tag.id, now, now, ...contentOf(tag))?.version
        if (before === undefined) added.push(tag.id)
        else if (before['version'] !== version) changed.push({ before: this.#decode(before).tag, after: tag })
      }
      return { added, changed }
    })
  }

  /**
   * The catalogue no longer lists these tags. Answers those it listed until now; a tag that is gone already keeps its
   * time, one that is not known is left out. `save` takes the mark back.
   */
  markGone(ids: Iterable<TagId>): TagId[] {
    return this.#db.write(() => {
      const mark = this.#db.prepare('UPDATE tags SET gone_at = ? WHERE id = ? AND gone_at IS NULL')
      const now = this.#clock()
      return [...ids].filter((id) => mark.run(now, id).changes > 0)
    })
  }

  /** Tags of a historian that its catalogue no longer lists. */
  countGone(historian: string): number {
    const row = this.#db.read(() =>
      this.#db
        .prepare<{ tags: bigint }>(
          `SELECT count(*) AS tags FROM tags WHERE ${ofHistorian('id')} AND gone_at IS NOT NULL`,
        )
        .get({ historian }),
    )
    return Number(row?.tags ?? 0)
  }

  /** A job was enqueued to backfill these tags because they were new. */
  markBackfillAsked(ids: Iterable<TagId>): void {
    this.#db.write(() => {
      const mark = this.#db.prepare('UPDATE tags SET backfill_asked = 1 WHERE id = ?')
      for (const id of ids) mark.run(id)
    })
  }

  /** The tags of a historian that `markBackfillAsked` has named. */
  backfillAsked(historian: string): Set<TagId> {
    const rows = this.#db.read(() =>
      this.#db
        .prepare<{ id: TagId }>(`SELECT id FROM tags WHERE ${ofHistorian('id')} AND backfill_asked = 1`)
        .all({ historian }),
    )
    return new Set(rows.map(({ id }) => id))
  }

  get(id: TagId): StoredTag | undefined {
    const row = this.#db.read(() => this.#db.prepare('SELECT * FROM tags WHERE id = ?').get(id))
    return row === undefined ? undefined : this.#decode(row)
  }

  /** All tags of a historian, or of all, ascending by tag id; those that are gone among them. */
  list(historian?: string): StoredTag[] {
    return this.#db.read(() =>
      this.#db
        .prepare(`SELECT * FROM tags WHERE @historian IS NULL OR ${ofHistorian('id')} ORDER BY id`)
        .all({ historian: historian ?? null })
        .map((row) => this.#decode(row)),
    )
  }

  /** The PI data servers of those tags of a historian that the log knows; more than one only after a mix-up. */
  serversCopied(historian: string): string[] {
    const rows = this.#db.read(() =>
      this.#db
        .prepare<{ server_guid: string }>(
          `SELECT DISTINCT server_guid FROM tags JOIN coverage ON coverage.tag = tags.id
           WHERE ${ofHistorian('tags.id')} AND server_guid IS NOT NULL`,
        )
        .all({ historian }),
    )
    return rows.map((row) => row.server_guid)
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
      return {
        tag: decodeTag(row),
        version: Number(row['version']),
        seenAtMs: Number(row['seen_at']),
        versionAtMs: Number(row['version_at']),
        goneAtMs: row['gone_at'] === null ? undefined : Number(row['gone_at']),
      }
    } catch (error) {
      throw corruptStore(this.#db.file, `the tag ${JSON.stringify(row['id'])} cannot be read`, error)
    }
  }
}
