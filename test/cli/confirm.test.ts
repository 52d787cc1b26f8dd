import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { ask, mustAsk } from '../../src/cli/confirm.ts'
import { Output } from '../../src/cli/output.ts'

function terminal({ isTTY = true }: { isTTY?: boolean } = {}) {
  const input = Object.assign(new PassThrough(), { isTTY })
  const stderr = Object.assign(new PassThrough(), { isTTY })
  const output = new Output(
    { json: false, quiet: false, color: false },
    new PassThrough() as unknown as NodeJS.WriteStream,
    stderr as unknown as NodeJS.WriteStream,
  )
  return { input, output, shown: () => String(stderr.read() ?? '') }
}

const never = new AbortController().signal

describe('whether somebody has to be asked', () => {
  const { output, input } = terminal()
  const off = terminal({ isTTY: false })

  test('not when the name was brought along', () => {
    expect(mustAsk(off.output, 'boiler', 'boiler', off.input)).toBe(false)
  })

  test('on a terminal', () => {
    expect(mustAsk(output, 'boiler', undefined, input)).toBe(true)
  })

  test('off a terminal nobody can be', () => {
    expect(() => mustAsk(off.output, 'boiler', undefined, off.input)).toThrow(/nobody can be asked/)
    expect(() => mustAsk(output, 'boiler', undefined, off.input)).toThrow(/nobody can be asked/)
    expect(() => mustAsk(off.output, 'boiler', undefined, input)).toThrow(/nobody can be asked/)
  })

  test.each([['mill'], [''], ['Boiler'], ['boiler ']])('%j is not boiler, terminal or not', (given) => {
    expect(() => mustAsk(output, 'boiler', given, input)).toThrow(/this is about boiler/)
  })
})

describe('asked', () => {
  test('shows what it would do, and takes the name alone', async () => {
    const { input, output, shown } = terminal()
    input.write('boiler\n')
    await ask(output, 'boiler', 'boiler goes to live.', never, input)
    expect(shown()).toBe('boiler goes to live.\nType boiler to go on: ')
  })

  test.each([['y'], ['yes'], ['mill'], [''], ['boiler x']])('%j is no consent', async (typed) => {
    const { input, output } = terminal()
    input.write(`${typed}\nboiler\n`)
    await expect(ask(output, 'boiler', '', never, input)).rejects.toThrow('not confirmed')
  })

  test('neither is hanging up', async () => {
    const { input, output } = terminal()
    input.end()
    await expect(ask(output, 'boiler', '', never, input)).rejects.toThrow('not confirmed')
  })

  test('an interrupt ends the question', async () => {
    const { input, output } = terminal()
    const controller = new AbortController()
    const asked = ask(output, 'boiler', '', controller.signal, input)
    controller.abort(new DOMException('stopped', 'AbortError'))
    await expect(asked).rejects.toThrow('stopped')
  })
})
