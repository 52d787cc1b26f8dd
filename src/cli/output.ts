/**
 * Output: stdout carries the answer and nothing else, stderr everything that accompanies it.
 *
 * With `--json` the answer is one object with `schemaVersion: 1` (docs/cli-json.md); otherwise it is text for people.
 * Everything printed passes through printable.ts: names and messages from a historian are hostile.
 */
import { once } from 'node:events'
import { styleText } from 'node:util'
import { printable, printableLines } from '../util/printable.ts'

const SCHEMA_VERSION = 1

/** Clears the screen and goes to its top. */
const CLEAR_SCREEN = '\u001b[2J\u001b[H'

export interface OutputOptions {
  readonly json: boolean
  readonly quiet: boolean
  readonly color: boolean
}

export class Output {
  readonly json: boolean
  readonly quiet: boolean
  readonly #color: boolean
  readonly #stdout: NodeJS.WriteStream
  readonly #stderr: NodeJS.WriteStream

  constructor(options: OutputOptions, stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream) {
    this.json = options.json
    this.quiet = options.quiet
    this.#color = options.color
    this.#stdout = stdout
    this.#stderr = stderr
  }

  /** The answer of a command, once: the model as JSON, or its text. */
  answer(model: object, renderText: () => string): void {
    if (this.json) this.#stdout.write(`${jsonText({ schemaVersion: SCHEMA_VERSION, ...model })}\n`)
    else this.#stdout.write(ended(printableLines(renderText())))
  }

  /** Makes room for an answer that replaces the last one; only on a terminal. */
  clear(): void {
    if (this.#stdout.isTTY && !this.json) this.#stdout.write(CLEAR_SCREEN)
  }

  /** One JSON value of an answer that is a stream of lines; resolves when there is room for the next. */
  async line(json: string): Promise<void> {
    if (!this.#stdout.write(`${printable(json)}\n`)) await once(this.#stdout, 'drain')
  }

  /** A text that is the answer in either mode, e.g. a generated file. */
  raw(text: string): void {
    this.#stdout.write(ended(printableLines(text)))
  }

  /** A text that is the answer and goes into files as it is, e.g. CSV: whoever made it made it safe to print. */
  verbatim(text: string): void {
    this.#stdout.write(text)
  }

  /** What the user may want to know besides; silent with --quiet. */
  note(text: string): void {
    if (!this.quiet) this.#stderr.write(ended(printableLines(text)))
  }

  /** What the user must know. The label is coloured on a terminal that takes colour. */
  warn(label: 'Error' | 'Try' | 'Warning', text: string): void {
    const style = label === 'Error' ? 'red' : 'yellow'
    const shown = this.#color ? styleText(style, `${label}:`, { stream: this.#stderr }) : `${label}:`
    this.#stderr.write(`${shown} ${ended(printableLines(text))}`)
  }

  get terminal(): NodeJS.WriteStream | undefined {
    return this.#stderr.isTTY && !this.quiet ? this.#stderr : undefined
  }
}

function ended(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}

/** Times and offsets beyond 2^53 are decimal strings. */
function jsonText(model: object): string {
  return printable(
    JSON.stringify(model, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)),
  )
}
