/**
 * Evidence: manifests by their hash, each with the lines of the cells it sums up, kept for ever. The cells of a big
 * workload are millions: they go in and out in chunks of bounded size, and no lock is held while they are gathered.
 *
 * They are gathered into a draft, which becomes evidence in one step when its manifest is known. A crash leaves a draft,
 * which names nothing and is dropped after a day. Evidence itself never changes; SQLite refuses it.
 */
import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { BanyanError, messageOf } from '../domain/errors.ts'
import type { StoreDatabase } from './database.ts'
import { corruptStore } from './sqlite-error.ts'

/** Bytes of text. Large enough for gzip to find what repeats, small enough to be nothing in memory. */
const CHUNK_BYTES = 512 * 1_024
/** The longest name of a tag, every character escaped, fits. */
const LINE_BYTES_MAX = 64 * 1_024
/** Gathering takes minutes. */
const LONGEST_DRAFT_MS = 24 * 3_600_000

export interface EvidenceWriter {
  /** The next line, without its line break. Throws BANYAN_USAGE for what is no line, or longer than 64 KiB. */
  add(line: string): void
  /**
   * Makes the lines so far the cells of this manifest, and answers its SHA-256 in hex. A manifest that is there already
   * stays as it is, with the cells it has. Call once; the writer is spent.
   */
  finish(manifest: string): string
  /** Gives the draft up. Idempotent; after `finish` it does nothing. */
  discard(): void
}

export class EvidenceTable {
  readonly #db: StoreDatabase
  readonly #clock: () => number

  constructor(db: StoreDatabase, clock: () => number) {
    this.#db = db
    this.#clock = clock
  }

  begin(): EvidenceWriter {
    const now = this.#clock()
    const row = this.#db.write(() => {
      for (const { id } of this.#draftsBefore(now - LONGEST_DRAFT_MS)) dropDraft(this.#db, id)
      return this.#db.prepare<{ id: bigint }>('INSERT INTO evidence (begun_at) VALUES (?) RETURNING id').get(now)
    })
    return new DraftWriter(this.#db, row?.id ?? 0n)
  }

  /** Canonical JSON; undefined when there is no such evidence. Throws BANYAN_STORE_CORRUPT when it lost its hash. */
  manifest(hash: string): string | undefined {
    const row = this.#db.read(() =>
      this.#db.prepare<{ manifest: string }>('SELECT manifest FROM evidence WHERE hash = ?').get(hash),
    )
    if (row !== undefined && sha256(row.manifest) !== hash) {
      throw corruptStore(this.#db.file, `the manifest ${hash} does not have its hash`)
    }
    return row?.manifest
  }

  /** The lines in the order in which they were added; nothing when there is no such evidence. */
  *cells(hash: string): Generator<string> {
    for (let chunk = 0; ; chunk++) {
      const row = this.#db.read(() =>
        this.#db
          .prepare<{ content: Uint8Array }>(
            `SELECT content FROM evidence_cells JOIN evidence ON id = evidence WHERE hash = ? AND chunk = ?`,
          )
          .get(hash, chunk),
      )
      if (row === undefined) return
      yield* this.#unpacked(row.content).slice(0, -1).split('\n')
    }
  }

  #draftsBefore(at: number): { id: bigint }[] {
    return this.#db.prepare<{ id: bigint }>('SELECT id FROM evidence WHERE hash IS NULL AND begun_at < ?').all(at)
  }

  #unpacked(content: Uint8Array): string {
    try {
      return gunzipSync(content, { maxOutputLength: CHUNK_BYTES + LINE_BYTES_MAX }).toString('utf8')
    } catch (cause) {
      throw corruptStore(this.#db.file, `cells of evidence cannot be unpacked: ${messageOf(cause)}`, cause)
    }
  }
}

class DraftWriter implements EvidenceWriter {
  readonly #db: StoreDatabase
  readonly #id: bigint
  #chunks = 0
  #lines: string[] = []
  #bytes = 0

  constructor(db: StoreDatabase, id: bigint) {
    this.#db = db
    this.#id = id
  }

  add(line: string): void {
    const bytes = Buffer.byteLength(line) + 1
    if (line.includes('\n') || bytes > LINE_BYTES_MAX) throw noLine(line)
    this.#lines.push(line)
    this.#bytes += bytes
    if (this.#bytes >= CHUNK_BYTES) this.#flush()
  }

  finish(manifest: string): string {
    this.#flush()
    const hash = sha256(manifest)
    this.#db.write(() => {
      const known = this.#db.prepare('SELECT 1 FROM evidence WHERE hash = ?').get(hash)
      if (known !== undefined) {
        dropDraft(this.#db, this.#id)
        return
      }
      const { changes } = this.#db
        .prepare('UPDATE evidence SET hash = ?, manifest = ? WHERE id = ?')
        .run(hash, manifest, this.#id)
      if (changes === 0) throw dropped()
    })
    return hash
  }

  discard(): void {
    this.#lines = []
    this.#bytes = 0
    this.#db.write(() => {
      dropDraft(this.#db, this.#id)
    })
  }

  #flush(): void {
    if (this.#lines.length === 0) return
    const content = gzipSync(`${this.#lines.join('\n')}\n`)
    this.#db.write(() => {
      if (this.#db.prepare('SELECT 1 FROM evidence WHERE id = ?').get(this.#id) === undefined) throw dropped()
      this.#db.prepare('INSERT INTO evidence_cells VALUES (?, ?, ?)').run(this.#id, this.#chunks, content)
    })
    this.#chunks += 1
    this.#lines = []
    this.#bytes = 0
  }
}

/** Inside a write of the caller. What has become evidence stays. */
function dropDraft(db: StoreDatabase, id: bigint): void {
  const isDraft = db.prepare('SELECT 1 FROM evidence WHERE id = ? AND hash IS NULL').get(id) !== undefined
  if (!isDraft) return
  db.prepare('DELETE FROM evidence_cells WHERE evidence = ?').run(id)
  db.prepare('DELETE FROM evidence WHERE id = ?').run(id)
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function noLine(line: string): BanyanError {
  return new BanyanError('BANYAN_USAGE', `this is no line of evidence: ${line.slice(0, 80)}`, {
    hint: `A line has no line break in it and at most ${LINE_BYTES_MAX} bytes.`,
  })
}

function dropped(): BanyanError {
  return new BanyanError('BANYAN_STORE_UNAVAILABLE', 'gathering the evidence took longer than a day and was given up', {
    hint: 'Gather it again; nothing was decided on it.',
    retryable: true,
  })
}
