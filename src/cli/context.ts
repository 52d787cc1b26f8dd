/** What every command is given: where to print, when to stop, and how to come by its configuration and logger. */
import type { Bridge } from '../app/bridge.ts'
import type { ResolvedConfig } from '../config/config.ts'
import type { ConfigSource } from '../config/load.ts'
import type { Logger, LogLevel } from '../telemetry/logger.ts'
import type { ExitCode } from './exit-code.ts'
import type { Interrupt } from './interrupt.ts'
import type { Output } from './output.ts'

/** Flags that every command takes. */
export interface GlobalOptions {
  readonly config?: string
  readonly json?: boolean
  readonly quiet?: boolean
  readonly color?: boolean
  readonly logLevel?: LogLevel
}

export interface CommandContext {
  readonly output: Output
  readonly interrupt: Interrupt
  readonly configSource: ConfigSource
  readonly logLevel: LogLevel
}

/** Runs a command under the flags that every command takes. */
export type Run = (command: (context: CommandContext) => Promise<ExitCode>) => Promise<void>

/** Loaded on demand: `banyan --help` needs neither the YAML parser nor the schema. */
export async function loadConfigOf(context: CommandContext): Promise<ResolvedConfig> {
  const { loadConfig } = await import('../config/load.ts')
  return loadConfig(context.configSource)
}

export async function loggerOf(context: CommandContext): Promise<Logger> {
  const [{ createLogger }, { REDACTED_LOG_PATHS }] = await Promise.all([
    import('../telemetry/logger.ts'),
    import('../config/secret.ts'),
  ])
  return createLogger(context.logLevel, REDACTED_LOG_PATHS)
}

/** Runs `body` with the adapters the configuration asks for, and closes what it opened. */
export async function withBridge<T>(context: CommandContext, body: (bridge: Bridge) => Promise<T>): Promise<T> {
  const config = await loadConfigOf(context)
  const { Bridge } = await import('../app/bridge.ts')
  const bridge = new Bridge(config, await loggerOf(context))
  try {
    return await body(bridge)
  } finally {
    await bridge.close()
  }
}
