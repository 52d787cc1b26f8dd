/**
 * CoverageCache: keeps the store's copy of the coverage fresh while a backfill runs, for `status` and `plan`. The log
 * has the truth, so the copy may lag: a commit to disk per batch would cost the copying more than it is worth.
 */
import { isBanyanError } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { AppendEntry, LogWriter, TagProgress } from '../log/log.ts'
import type { Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import { failpoint } from '../util/failpoint.ts'

/** As fresh as a person looks. */
const SAVE_EVERY_MS = 1000

export class CoverageCache {
  readonly #store: Store
  readonly #logger: Logger
  readonly #changed = new Map<TagId, TagProgress>()
  #savedAtMs = -Infinity

  constructor(store: Store, logger: Logger) {
    this.#store = store
    this.#logger = logger
  }

  /**
   * Notes what a durable batch has changed; saves when the last time was long enough ago. A store that cannot be
   * written does not stop the copying: what is noted is saved later.
   */
  appended(batch: readonly AppendEntry[], writer: LogWriter): void {
    for (const { tag } of batch) {
      const progress = writer.tags.get(tag)
      if (progress !== undefined) this.#changed.set(tag, progress)
    }
    if (performance.now() - this.#savedAtMs < SAVE_EVERY_MS) return
    try {
      this.save()
    } catch (error) {
      if (!isBanyanError(error, 'BANYAN_STORE_UNAVAILABLE')) throw error
      this.#savedAtMs = performance.now()
      this.#logger.warn({ component: 'coverage', error: error.message }, 'coverage could not be cached')
    }
  }

  /** Saves everything noted; throws when it cannot. */
  save(): void {
    if (this.#changed.size === 0) return
    this.#store.coverage.save(this.#changed)
    failpoint('coverage-cached')
    this.#changed.clear()
    this.#savedAtMs = performance.now()
  }
}
