/** Amending: how the sweep writes, over the one appender that everything of this process writes through. */
import type { TagId } from '../domain/tag-id.ts'
import type { AmendEntry, TagProgress } from '../log/log.ts'
import type { Appender } from '../replay/appender.ts'
import { abortable } from '../util/abort.ts'
import type { Amender } from '../verify/amender.ts'

export class Amending implements Amender {
  readonly #appender: Appender

  constructor(appender: Appender) {
    this.#appender = appender
  }

  progressOf(tag: TagId): TagProgress | undefined {
    return this.#appender.progressOf(tag)
  }

  async amend(entry: AmendEntry, signal: AbortSignal): Promise<void> {
    const { durable } = await this.#appender.put(entry, signal)
    await abortable(durable, signal)
  }
}
