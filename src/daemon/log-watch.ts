/**
 * LogWatch: tells a log that is away, which is waited for, from one that is gone or has become unsafe, which is not. A
 * topic that was deleted looks to a producer like a broker that is restarting; only a look at the target tells. It also
 * looks when nothing is appended, so that an operator learns of a broker that is down before the next sample does.
 */
import { BanyanError, isBanyanError } from '../domain/errors.ts'
import type { LogPlan, SampleLog } from '../log/log.ts'
import type { Appender } from '../replay/appender.ts'
import type { AppendTrouble } from '../replay/shard-appender.ts'
import { isAbort, sleep } from '../util/abort.ts'

const LOOK_EVERY_MS = 5_000
/** Leader elections and restarts are over by then, mostly. */
const PATIENCE_MS = 15_000

export class LogWatch {
  readonly #log: SampleLog
  readonly #appender: Appender
  readonly #plan: LogPlan
  #away: AppendTrouble | undefined

  constructor(log: SampleLog, appender: Appender, plan: LogPlan) {
    this.#log = log
    this.#appender = appender
    this.#plan = plan
  }

  /** What keeps the log from being read or written right now. */
  trouble(): AppendTrouble | undefined {
    return this.#appender.trouble() ?? this.#away
  }

  /** Until the signal aborts. Rejects with BANYAN_LOG_UNSAFE when what was there is gone, or would lose data. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(LOOK_EVERY_MS, signal)
      const trouble = this.trouble()
      const isLong = trouble !== undefined && Date.now() - trouble.sinceMs >= PATIENCE_MS
      try {
        if (isLong) refuseBroken(await this.#log.preflight(this.#plan, signal))
        await this.#log.end(signal)
        this.#away = undefined
      } catch (error) {
        if (isAbort(error, signal) || !isBanyanError(error) || !error.retryable) throw error
        this.#away ??= { code: error.code, message: error.message, sinceMs: Date.now() }
      }
    }
  }
}

function refuseBroken(findings: Awaited<ReturnType<SampleLog['preflight']>>): void {
  const broken = findings.find((finding) => !finding.ok || finding.missing === true)
  if (broken === undefined) return
  throw new BanyanError('BANYAN_LOG_UNSAFE', `the log takes no more samples: ${broken.name}: ${broken.detail}`, {
    hint: 'Find out what deleted or changed it. A new log starts under another topicPrefix or file; nothing of the old one is repeated in it.',
    context: { finding: broken.name },
  })
}
