/**
 * LogWatch: tells a log that is away, which is waited for, from one that is gone or has become unsafe, which is not. A
 * topic that was deleted looks to a producer like a broker that is restarting; only a look at the target tells. It also
 * looks when nothing is appended, so that an operator learns of a broker that is down before the next sample does.
 */
import { LOG_GONE_HINT, LOOKS_UNTIL_GONE } from '../app/target.ts'
import { BanyanError, isBanyanError } from '../domain/errors.ts'
import type { LogFinding, LogPlan, SampleLog } from '../log/log.ts'
import type { Appender } from '../replay/appender.ts'
import type { AppendTrouble } from '../replay/shard-appender.ts'
import { isAbort, sleep } from '../util/abort.ts'

const LOOK_EVERY_MS = 5_000
/** Leader elections and restarts are over by then, mostly. */
const PATIENCE_MS = 15_000

export class LogWatch {
  readonly #log: SampleLog
  readonly #appender: Pick<Appender, 'trouble'>
  readonly #plan: LogPlan
  #away: AppendTrouble | undefined
  /** Looks in a row that failed in a way waiting does not mend, or missed what was there. */
  #failures = 0

  constructor(log: SampleLog, appender: Pick<Appender, 'trouble'>, plan: LogPlan) {
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
      try {
        await this.#look(signal)
        this.#away = undefined
        this.#failures = 0
      } catch (error) {
        if (isAbort(error, signal) || !isBanyanError(error) || error.code === 'BANYAN_LOG_UNSAFE') throw error
        this.#away ??= { code: error.code, message: error.message, sinceMs: Date.now() }
        // Unreachable is not missing: the looks that count are those in a row.
        this.#failures = error.retryable ? 0 : this.#failures + 1
        if (this.#failures >= LOOKS_UNTIL_GONE) throw error
      }
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const trouble = this.trouble()
    const isLong = trouble !== undefined && Date.now() - trouble.sinceMs >= PATIENCE_MS
    if (isLong || this.#failures > 0) this.#refuseBroken(await this.#log.preflight(this.#plan, signal))
    await this.#log.end(signal)
  }

  #refuseBroken(findings: readonly LogFinding[]): void {
    const broken = findings.find((finding) => !finding.ok && finding.missing !== true)
    if (broken !== undefined) throw takesNoMore(broken, broken.hint)
    const missing = findings.find((finding) => finding.missing === true)
    if (missing === undefined) return
    if (this.#failures + 1 >= LOOKS_UNTIL_GONE) throw takesNoMore(missing, LOG_GONE_HINT)
    throw new BanyanError('BANYAN_LOG_UNAVAILABLE', `${missing.name}: ${missing.detail}`)
  }
}

function takesNoMore({ name, detail }: LogFinding, hint: string | undefined): BanyanError {
  return new BanyanError('BANYAN_LOG_UNSAFE', `the log takes no more samples: ${name}: ${detail}`, {
    hint: hint ?? 'Run `banyan check` for details.',
    context: { finding: name },
  })
}
