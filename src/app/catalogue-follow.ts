/**
 * CatalogueFollow: keeps up with one historian's catalogue while the daemon runs.
 *
 * A tag the log has never seen is backfilled as its rule says, by a job; that it was asked for is remembered in the same
 * transaction, so that a job someone cancelled does not come back. A renamed tag keeps its id. A tag whose type,
 * digital set or units changed means something else now: a new version is published and its whole history is compared
 * again, also what a job or a round that began before still copies in the old meaning. A tag that is listed no more is
 * reported; its history and its marks stay, should it come back.
 */
import { BanyanError } from '../domain/errors.ts'
import type { Tag } from '../domain/tag.ts'
import type { TagId } from '../domain/tag-id.ts'
import { parseTicks, ticksFromMs } from '../domain/ticks.ts'
import type { SampleLog } from '../log/log.ts'
import type { Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import { storedScope } from './backfill-scope.ts'
import type { Bridge } from './bridge.ts'
import { publishTags } from './publish-tags.ts'
import { listSelected, type Selection } from './selection.ts'

/** Below all history: how far down a job copies is its own affair. */
const BEGINNING = parseTicks('0001-01-01T00:00:00Z')

export interface CatalogueChange {
  readonly selection: Selection
  readonly added: readonly TagId[]
  readonly changed: readonly TagId[]
  readonly gone: readonly TagId[]
}

export interface CatalogueFollowParts {
  readonly bridge: Bridge
  readonly store: Store
  readonly log: SampleLog
  readonly historian: string
  /** Whether the log knows the tag. */
  readonly isInLog: (tag: TagId) => boolean
}

export class CatalogueFollow {
  readonly #bridge: Bridge
  readonly #store: Store
  readonly #log: SampleLog
  readonly #historian: string
  readonly #isInLog: (tag: TagId) => boolean
  readonly #logger: Logger

  constructor({ bridge, store, log, historian, isInLog }: CatalogueFollowParts) {
    this.#bridge = bridge
    this.#store = store
    this.#log = log
    this.#historian = historian
    this.#isInLog = isInLog
    this.#logger = bridge.logger.child({ component: 'catalogue', historian })
  }

  /**
   * Lists, remembers, publishes. Throws what the historian or the log throws; what was remembered is published by the
   * next call. A historian that suddenly lists nothing is not believed (BANYAN_SOURCE_PROTOCOL): an account that lost
   * its rights looks just like that.
   *
   * `onRemembered` is called right behind the write that marks redefined tags, before anything is awaited or published:
   * whoever still compared with the old meaning would clear those marks.
   */
  async refresh(onRemembered: (change: CatalogueChange) => void, signal: AbortSignal): Promise<CatalogueChange> {
    // Not in the lane of backfill, which an operator may have paused.
    const selection = await listSelected(this.#bridge, { historian: this.#historian, lane: 'sweep' }, signal)
    const change = this.#store.write(() => this.#remember(selection))
    onRemembered(change)
    this.#report(change)
    await publishTags(this.#store, this.#log, signal)
    return change
  }

  #remember(selection: Selection): CatalogueChange {
    const known = this.#store.tags.list(this.#historian)
    if (selection.selected.length === 0 && known.length > 0) throw this.#emptied(known.length)
    const listed = new Set(selection.selected.map(({ tag }) => tag.id))
    const { added, changed } = this.#store.tags.save(selection.selected.map(({ tag }) => tag))
    const unlisted = known.filter(({ tag }) => !listed.has(tag.id))
    const gone = this.#store.tags.markGone(unlisted.map(({ tag }) => tag.id))
    const redefined = changed.filter(({ before, after }) => meansSomethingElse(before, after))
    for (const { after } of redefined) this.#compareAgain(after)
    this.#enqueueBackfill(selection)
    return { selection, added, changed: redefined.map(({ after }) => after.id), gone }
  }

  /**
   * One mark over everything up to now, gaps included: who fills them may hold the old meaning until it ends. What is
   * newer than that is compared by every scheduled sweep.
   */
  #compareAgain({ id }: Tag): void {
    const coveredUntil = this.#store.coverage.get(id)?.covered.at(-1)?.until ?? BEGINNING
    const now = ticksFromMs(Date.now())
    this.#store.dirty.mark(id, { from: BEGINNING, until: coveredUntil > now ? coveredUntil : now }, 'catalogue')
  }

  #enqueueBackfill({ selected }: Selection): void {
    const asked = this.#store.tags.backfillAsked(this.#historian)
    const wanted = selected
      .filter(({ tag, rule }) => rule.backfill !== undefined && !asked.has(tag.id) && !this.#isInLog(tag.id))
      .map(({ tag }) => tag.id)
    if (wanted.length === 0) return
    this.#store.tags.markBackfillAsked(wanted)
    const scope = {
      tags: [],
      // All of them need no list: the job of a first start would carry tens of thousands.
      ids: wanted.length === selected.length ? undefined : wanted,
      historian: this.#historian,
      from: undefined,
      until: undefined,
      order: undefined,
    }
    this.#store.jobs.enqueue('backfill', storedScope(scope))
  }

  #report({ added, changed, gone }: CatalogueChange): void {
    if (added.length + changed.length > 0) {
      this.#logger.info({ added: added.length, redefined: changed.length, firstAdded: added[0] }, 'catalogue changed')
    }
    if (gone.length > 0) {
      this.#logger.warn({ tags: gone.length, firstTag: gone[0] }, 'tags are listed no more; their history stays')
    }
  }

  #emptied(known: number): BanyanError {
    return new BanyanError(
      'BANYAN_SOURCE_PROTOCOL',
      `historian ${this.#historian} lists none of the ${known} tags it listed before`,
      {
        retryable: true,
        hint: 'Check that the account may still read the points; the tags known so far are read on.',
        context: { historian: this.#historian },
      },
    )
  }
}

function meansSomethingElse(before: Tag, after: Tag): boolean {
  return before.type !== after.type || before.digitalSet !== after.digitalSet || before.units !== after.units
}
