/**
 * Signals: the first SIGINT or SIGTERM asks the command to stop at the next safe place, the second ends the process at
 * once. Both are safe: everything Banyan writes is made to be killed at any instruction.
 */
import { EXIT, type ExitCode } from './exit-code.ts'

const EXIT_OF_SIGNAL = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated } as const
type StopSignal = keyof typeof EXIT_OF_SIGNAL

export interface Interrupt {
  readonly signal: AbortSignal
  /** The exit code of an interrupted command; undefined while no signal has come. */
  exitCode(): ExitCode | undefined
}

export function listenForSignals(process: NodeJS.Process, onFirst: (signal: StopSignal) => void): Interrupt {
  const controller = new AbortController()
  let received: StopSignal | undefined
  const stop = (signal: StopSignal): void => {
    if (received !== undefined) process.exit(EXIT_OF_SIGNAL[signal])
    received = signal
    onFirst(signal)
    controller.abort(new DOMException(`stopped by ${signal}`, 'AbortError'))
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return {
    signal: controller.signal,
    exitCode: () => (received === undefined ? undefined : EXIT_OF_SIGNAL[received]),
  }
}
