import fc from 'fast-check'
import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { EXIT, exitCodeOf } from '../../src/cli/exit-code.ts'
import { Output } from '../../src/cli/output.ts'
import { printError } from '../../src/cli/print-error.ts'
import { printable, printableLines } from '../../src/util/printable.ts'
import { formatBytes, formatSeconds, plural } from '../../src/util/format.ts'
import { renderTable } from '../../src/util/text-table.ts'
import { BanyanError, ERROR_CODES } from '../../src/domain/errors.ts'

function capture(options: { json?: boolean; quiet?: boolean } = {}) {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const output = new Output(
    { json: false, quiet: false, color: true, ...options },
    stdout as unknown as NodeJS.WriteStream,
    stderr as unknown as NodeJS.WriteStream,
  )
  const textOf = (stream: PassThrough): string => String(stream.read() ?? '')
  return { output, stdout: () => textOf(stdout), stderr: () => textOf(stderr) }
}

describe('printable', () => {
  test.each([
    ['\u001b[2J', '\\u001b[2J'],
    ['\u009b31m', '\\u009b31m'],
    ['a\nb', 'a\\u000ab'],
    ['\u202etxt', '\\u202etxt'],
    ['\ud800', '\\ud800'],
    ['Straße 温度計 🌡️', 'Straße 温度計 🌡️'],
  ])('%j', (text, expected) => {
    expect(printable(text)).toBe(expected)
  })

  test('JSON text means the same afterwards', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = printable(JSON.stringify({ text }))
        expect(JSON.parse(shown)).toEqual({ text })
        expect(shown).not.toMatch(/\p{Cc}/u)
      }),
    )
  })

  test('lines stay lines', () => {
    expect(printableLines('a\n\u001bb')).toBe('a\n\\u001bb')
  })
})

describe('output', () => {
  test('the answer is one object with a version, or text; never both', () => {
    const json = capture({ json: true })
    json.output.answer({ offset: 12n }, () => 'text')
    expect(json.stdout()).toBe('{"schemaVersion":1,"offset":"12"}\n')
    const text = capture()
    text.output.answer({ offset: 12n }, () => 'text')
    expect(text.stdout()).toBe('text\n')
  })

  test('--quiet silences notes, not errors', () => {
    const { output, stdout, stderr } = capture({ quiet: true })
    output.note('by the way')
    printError(new BanyanError('BANYAN_USAGE', 'no such thing', { hint: 'another' }), output, false)
    expect(stdout()).toBe('')
    expect(stderr()).toBe('Error: no such thing\nTry: another\n')
  })

  test('an error that is not ours is called a defect', () => {
    const { output, stdout } = capture({ json: true })
    printError(new TypeError('x is undefined'), output, false)
    expect(JSON.parse(stdout())).toMatchObject({
      error: { code: 'BANYAN_INTERNAL', message: 'unexpected: x is undefined' },
    })
  })

  test('a line waits for room', async () => {
    const { output, stdout } = capture()
    const big = 'x'.repeat(1_000_000)
    let written = false
    const line = output.line(big).then(() => (written = true))
    await Promise.resolve()
    expect(written).toBe(false)
    expect(stdout()).toHaveLength(big.length + 1)
    await line
  })
})

describe('tables', () => {
  test('no boxes, names left, numbers right, no trailing blanks', () => {
    const columns = [{ title: 'TAG' }, { title: 'SAMPLES', align: 'right' }, { title: 'NOTE' }] as const
    expect(
      renderTable(columns, [
        ['a', 1234567, ''],
        ['b\u001b[0m', 5, 'x'],
      ]),
    ).toBe(['TAG           SAMPLES  NOTE', 'a           1,234,567', 'b\\u001b[0m          5  x'].join('\n'))
  })

  test('amounts for people', () => {
    expect([plural(1, 'tag'), plural(2000, 'tag')]).toEqual(['1 tag', '2,000 tags'])
    expect([formatBytes(999), formatBytes(1_234_567)]).toEqual(['999 B', '1.2 MB'])
    expect([formatSeconds(1.25), formatSeconds(125), formatSeconds(7265)]).toEqual(['1.3 s', '2 min 5 s', '2 h 1 min'])
  })
})

describe('exit codes', () => {
  test('every error code has one, and only those of the table', () => {
    const known = Object.values(EXIT)
    for (const code of ERROR_CODES) expect(known).toContain(exitCodeOf(new BanyanError(code, '')))
  })

  test.each([
    ['BANYAN_USAGE', 2],
    ['BANYAN_CONFIG_INVALID', 2],
    ['BANYAN_LOG_UNSAFE', 2],
    ['BANYAN_SOURCE_UNAVAILABLE', 1],
    ['BANYAN_STORE_NEWER', 5],
    ['BANYAN_LEASE_HELD', 6],
    ['BANYAN_LEASE_LOST', 6],
    ['BANYAN_LOG_FENCED', 6],
  ] as const)('%s exits %i', (code, expected) => {
    expect(exitCodeOf(new BanyanError(code, ''))).toBe(expected)
  })

  test('what is not ours exits 1', () => {
    expect(exitCodeOf(new TypeError('x'))).toBe(1)
  })
})
