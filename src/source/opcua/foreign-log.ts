/**
 * What the OPC UA library would print. It writes its warnings to stdout, which belongs to the answer of a command; the
 * first of them while it is loaded. Whoever imports the library imports this file before it.
 */
import { setDebugLogger, setErrorLogger, setTraceLogger, setWarningLogger } from 'node-opcua-debug'
import type { Logger } from '../../telemetry/logger.ts'
import { printable } from './printable.ts'

const ignore = (): void => undefined

setErrorLogger(ignore)
setWarningLogger(ignore)
setDebugLogger(ignore)
setTraceLogger(ignore)

/**
 * From now on it goes to this log, at debug: what matters of it also arrives as an error. There is one such place per
 * process; the last to ask has it.
 */
export function forwardForeignLog(logger: Logger): void {
  const forward = (_context: unknown, ...parts: unknown[]): void => {
    const said = parts.filter((part) => typeof part === 'string' || typeof part === 'number').join(' ')
    logger.debug({ said: printable(said) }, 'the opc ua library says')
  }
  setErrorLogger(forward)
  setWarningLogger(forward)
}
