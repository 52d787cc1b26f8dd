/**
 * Failed tags: the tags a sweep could not compare or correct, each with its reason; and the line between what concerns
 * one tag and what ends the sweep.
 */
import { concernsOneTag, isUnanswered } from '../domain/error-kinds.ts'
import { isBanyanError, type ErrorCode } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Tag } from '../domain/tag.ts'
import type { HistorianSource } from '../source/source.ts'

export interface SweepFailure {
  readonly tag: TagId
  readonly name: string
  readonly code: ErrorCode
  readonly message: string
  /** What the user should do next. */
  readonly hint: string | undefined
}

export class FailedTags {
  readonly #source: HistorianSource
  readonly #failures = new Map<TagId, SweepFailure>()
  #probing: Promise<unknown> | undefined

  constructor(source: HistorianSource) {
    this.#source = source
  }

  all(): SweepFailure[] {
    return [...this.#failures.values()]
  }

  /** Undefined: it was compared, or not tried. */
  get(tag: Tag): SweepFailure | undefined {
    return this.#failures.get(tag.id)
  }

  /** Sets the tag aside. Rejects with the error when it concerns more than the tag, or with why no probe is answered. */
  async add(tag: Tag, error: unknown, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (isUnanswered(error)) await this.#probe(signal)
    // Where its records contradict each other, the other tags need not wait until somebody has looked at it.
    else if (!concernsOneTag(error) && !isBanyanError(error, 'BANYAN_LOG_CORRUPT')) throw error
    this.note(tag, error)
  }

  note(tag: Tag, { code, message, hint }: Pick<SweepFailure, 'code' | 'message' | 'hint'>): void {
    this.#failures.set(tag.id, { tag: tag.id, name: tag.name, code, message, hint })
  }

  /** The tag was compared after all. */
  forget(tag: Tag): void {
    this.#failures.delete(tag.id)
  }

  /** One for all tags that wait for the answer. */
  async #probe(signal: AbortSignal): Promise<void> {
    this.#probing ??= this.#source.probe(signal).finally(() => {
      this.#probing = undefined
    })
    await this.#probing
  }
}
