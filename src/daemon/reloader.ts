/**
 * Reloader: what SIGHUP does. The file is read again; what may change while the daemon runs ends this generation of
 * services for one under the new configuration. What may not is refused as a whole, with the reason, and all stays as
 * it was: half a configuration is worse than an old one. Nothing old ends before what is new could be opened.
 */
import type { Bridge } from '../app/bridge.ts'
import type { ResolvedConfig } from '../config/config.ts'
import { messageOf } from '../domain/errors.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { LiveReport } from './live-report.ts'
import { compareConfigs } from './reload.ts'

export interface ReloaderParts {
  readonly current: Bridge
  readonly loadConfig: () => ResolvedConfig
  readonly live: LiveReport
}

export class Reloader {
  readonly #parts: ReloaderParts
  readonly #logger: Logger
  readonly #stop = new AbortController()
  #next: Bridge | undefined
  /** And not looked since. */
  #isAsked = false
  #isLooking = false

  constructor(parts: ReloaderParts) {
    this.#parts = parts
    this.#logger = parts.current.logger.child({ component: 'daemon' })
  }

  /** Aborts when this generation is to end for the next. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  /** What comes next; undefined while nothing was accepted. */
  get next(): Bridge | undefined {
    return this.#next
  }

  /** It was asked for again after the next configuration was read: that one may be old by now. */
  get isAskedAgain(): boolean {
    return this.#isAsked
  }

  /** Never rejects. */
  async asked(): Promise<void> {
    this.#isAsked = true
    if (this.#isLooking) return
    this.#isLooking = true
    while (this.#isAsked && this.#next === undefined) {
      this.#isAsked = false
      await this.#lookOrRefuse()
    }
    this.#isLooking = false
  }

  async #lookOrRefuse(): Promise<void> {
    try {
      await this.#look(this.#parts.loadConfig())
    } catch (error) {
      this.#logger.warn({ error: messageOf(error) }, 'configuration not reloaded: it is not valid')
      this.#told(`refused: ${messageOf(error)}`)
    }
  }

  async #look(loaded: ResolvedConfig): Promise<void> {
    const { current } = this.#parts
    const { apply, refused } = compareConfigs(current.config, loaded)
    if (refused.length > 0) {
      this.#logger.warn({ refused }, 'configuration not reloaded: some of it needs a restart')
      this.#told(`refused: ${refused.join('; ')}`)
      return
    }
    if (apply.length === 0) {
      this.#logger.info({}, 'configuration is unchanged')
      this.#told('unchanged')
      return
    }
    const next = current.reconfigured(loaded)
    try {
      // Reads certificate files; asks nobody.
      await next.sources()
    } catch (error) {
      await next.closeSources()
      throw error
    }
    this.#next = next
    this.#logger.info({ apply }, 'configuration reloaded')
    this.#told(`applied: ${apply.join(', ')}`)
    this.#stop.abort(new DOMException('reloading the configuration', 'AbortError'))
  }

  #told(outcome: string): void {
    this.#parts.live.setReload({ atMs: Date.now(), outcome })
  }
}
