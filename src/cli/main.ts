#!/usr/bin/env node
/**
 * The executable: arguments -> command -> exit code.
 *
 *   main ── program (flags) ── commands/<verb> ── app (use cases) ── ports
 *     └─ interrupt, output, print-error, exit-code
 */
import { CommanderError } from 'commander'
import { BanyanError } from '../domain/errors.ts'
import { isAbort } from '../util/abort.ts'
import type { CommandContext, GlobalOptions } from './context.ts'
import { EXIT, exitCodeOf, type ExitCode } from './exit-code.ts'
import { listenForSignals } from './interrupt.ts'
import { Output } from './output.ts'
import { printError } from './print-error.ts'
import { buildProgram } from './program.ts'
import { readVersion } from './version.ts'

/** A client that leaves a socket open would keep the process; nothing it still does is worth waiting for. */
const LINGER_MS = 3_000

// Until the flags are parsed; errors of the flags themselves are printed through it.
let output = new Output(
  { json: process.argv.includes('--json'), quiet: false, color: !process.argv.includes('--no-color') },
  process.stdout,
  process.stderr,
)
let showStack = false

const interrupt = listenForSignals(process, () => {
  output.note('Stopping at the next safe place (again to stop at once).')
})

// Whoever reads our stdout may stop early (`| head`): that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.done)
  throw error
})
process.on('unhandledRejection', (reason) => {
  printError(reason, output, true)
  process.exit(EXIT.failure)
})

try {
  await buildProgram(readVersion(), execute).parseAsync(process.argv)
} catch (error) {
  end(exitCodeOfFailure(error))
}

async function execute(globals: GlobalOptions, command: (context: CommandContext) => Promise<ExitCode>): Promise<void> {
  const { config, json = false, quiet = false, color = true, logLevel = 'warn' } = globals
  output = new Output({ json, quiet, color }, process.stdout, process.stderr)
  showStack = logLevel === 'debug' || logLevel === 'trace'
  const configSource = { file: config, environment: process.env, workingDirectory: process.cwd() }
  end(await command({ output, interrupt, configSource, logLevel }))
}

function end(code: ExitCode): void {
  process.exitCode = code
  setTimeout(() => process.exit(), LINGER_MS).unref()
}

function exitCodeOfFailure(error: unknown): ExitCode {
  if (error instanceof CommanderError) return exitCodeOfUsage(error)
  const interrupted = interrupt.exitCode()
  if (interrupted !== undefined && isAbort(error, interrupt.signal)) return interrupted
  printError(error, output, showStack)
  return exitCodeOf(error)
}

/** Help and version arrive as a CommanderError too; help in place of a missing command is a usage error. */
function exitCodeOfUsage(error: CommanderError): ExitCode {
  if (error.exitCode === 0) return EXIT.done
  if (error.code !== 'commander.help') {
    const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n')
    const hint = suggestion?.replace(/^\(|\)$/g, '') ?? 'see "banyan --help"'
    printError(new BanyanError('BANYAN_USAGE', message, { hint }), output, false)
  }
  return EXIT.usage
}
