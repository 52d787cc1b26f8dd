/**
 * HistorianSource: the port through which Banyan reads a legacy historian. Every request is a read.
 *
 * Call order: `probe` and `catalogue` at any time; `read`, `count` and `summarise` with tags from `catalogue` (or
 * remembered from an earlier one: addresses are permanent). All calls may run concurrently. `close` last; calls after it
 * reject.
 *
 * Errors: BanyanError with a BANYAN_SOURCE_* code or BANYAN_TICK_GROUP_TOO_LARGE. Adapters have already retried what
 * is worth retrying; what they throw is final for now. An aborted signal rejects with the signal's reason.
 */
import type { Sample } from '../domain/sample.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Tag } from '../domain/tag.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'

export interface HistorianSource {
  /** The historian's name in the configuration: first part of its tag ids. */
  readonly historian: string

  /** Is it there, are we signed in, what is its clock? One to three cheap requests. Throws when the answer is no. */
  probe(signal: AbortSignal): Promise<SourceProbe>

  /**
   * All tags that match the selection, each once, ascending by native id, listed until the list is stable. A name
   * without wildcard or a listed tag that does not exist is reported in `missing`, not an error.
   */
  catalogue(selection: TagSelection, signal: AbortSignal): Promise<Catalogue>

  /**
   * The samples of one tag in a window: ascending pages of *complete tick groups*, `ord` numbered from 0 in archive
   * order within each tick. The pages' `covers` windows tile `window` exactly, in order, without gap or overlap;
   * the last may hold no samples. The caller pulls: nothing is read ahead.
   *
   * A page is delivered only when all of it was decoded, in order and inside the asked window; otherwise the read
   * rejects and nothing of that page counts. A tick group larger than a page grows the page up to the historian's
   * ceiling, then rejects with BANYAN_TICK_GROUP_TOO_LARGE.
   */
  read(tag: Tag, window: Window, options: ReadOptions, signal: AbortSignal): AsyncIterable<SamplePage>

  /**
   * How many samples the historian says each window holds, by its own cheap summary; `undefined` where it cannot
   * tell. A hint for planning: never proof of equality. Answers come in the order of `windows`. Neighbouring windows
   * of one length cost one request together.
   */
  count(tag: Tag, windows: readonly Window[], signal: AbortSignal): Promise<(number | undefined)[]>

  /**
   * The historian's own summary of the samples in each window: how many they are and, for tags of numbers, their total,
   * minimum and maximum, every number to its last bit as it was answered. A text of at most SUMMARY_CHARS characters, to
   * be compared with nothing but an earlier answer of the same historian for the same window. Another text is a notice
   * that something may have changed; the same text proves nothing, since many changes keep all of these numbers.
   * `undefined` where the historian cannot tell. Answers come in the order of `windows`. Neighbouring windows of one
   * length cost one request together.
   */
  summarise(tag: Tag, windows: readonly Window[], signal: AbortSignal): Promise<(string | undefined)[]>

  /**
   * Best-effort notices of change, so that one looks sooner; never proof of anything, and never the only way to learn
   * of a change. Yields until the signal aborts, one batch per poll that brought any; waits `everyMs` between polls. A
   * registration the historian has lost (expiry, restart) is made again by itself, and answered with an `unknown` hint
   * for its tag. Rejects with BANYAN_SOURCE_REJECTED when the historian offers no notices, and with what makes it
   * unreachable otherwise.
   */
  hints(tags: readonly Tag[], everyMs: number, signal: AbortSignal): AsyncIterable<readonly Hint[]>

  /** Idempotent. */
  close(): Promise<void>
}

/** Four numbers with their names take half of it. */
export const SUMMARY_CHARS = 200

export interface Hint {
  readonly tag: TagId
  /**
   * `added`: a newer sample than any before it. `changed`: a sample was inserted behind newer ones, edited or deleted.
   * `unknown`: notices were lost; anything may have happened to the tag.
   */
  readonly change: 'added' | 'changed' | 'unknown'
  /** Time of the sample; undefined for `unknown`. */
  readonly at: Ticks | undefined
}

/** Who can serve a page. */
export type SourceKind = 'pi-web-api' | 'opcua'

export interface SourceProbe {
  /** Who answered. */
  readonly source: SourceKind
  /** Product and version as the historian spells them. */
  readonly product: string
  /** The server's name and permanent identity: the PI data server, or the OPC UA server (from its application URI). */
  readonly server: string
  readonly serverGuid: string
  /** The historian's own clock when it answered. */
  readonly serverTime: Ticks
  /** Historian's clock minus ours, in milliseconds; accurate to half a round trip. */
  readonly clockOffsetMs: number
  /** Who the historian says we are; undefined when it does not tell. */
  readonly user: string | undefined
  readonly features: { readonly batch: boolean }
}

export interface TagSelection {
  /** Name masks as PI spells them (name-mask.ts): `* ? [ab] [!ab]`, backslash escapes; case-insensitive. */
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  /** Exact tag names, e.g. from a list file. */
  readonly names: readonly string[]
}

export interface Catalogue {
  readonly tags: readonly Tag[]
  /** Names asked for literally that the historian does not have. */
  readonly missing: readonly string[]
}

export interface ReadOptions {
  /** Samples per page, at least 1. A tick group is never cut, so a page may be larger (group) or smaller. */
  readonly pageSize: number
  /** About how many samples the window holds, where the caller knows; only decides how the read travels. */
  readonly expected?: number
}

export interface SamplePage {
  readonly covers: Window
  /** Who served it: what `src` of its records says. */
  readonly source: SourceKind
  /** Ascending by (ticks, ord); all inside `covers`. */
  readonly samples: readonly Sample[]
}

/**
 * RequestGate: what an adapter must pass every single request through, so that the historian is never hurt. The
 * governor implements it; adapters never call the network around it.
 */
export interface RequestGate {
  /**
   * Waits for a place (concurrency, requests per second, rows in flight, quiet hours, pause), runs `request`, and
   * learns from its latency and errors: BANYAN_SOURCE_THROTTLED and BANYAN_SOURCE_UNAVAILABLE shrink concurrency,
   * and a `retryAfterMs` number in such an error's context holds *all* requests back for that long.
   *
   * `rows` is the largest number of samples the answer may carry. Rejects with what `request` rejects with, or with
   * the signal's reason while waiting.
   */
  run<T>(rows: number, request: () => Promise<T>, signal: AbortSignal): Promise<T>
}

/** For commands that ask a handful of questions and need no pacing. */
export const openGate: RequestGate = { run: (_rows, request) => request() }
