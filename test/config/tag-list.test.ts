import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseTagList } from '../../src/config/tag-list.ts'

const namesOf = (text: string, csv: boolean): readonly string[] => parseTagList(text, csv).names

test('lines are names to the letter, commas and all', () => {
  expect(namesOf('FIC,101 "A"\r\n\r\n  TIC101.PV  \nname\n', false)).toEqual(['FIC,101 "A"', 'TIC101.PV', 'name'])
})

test('of a CSV file the first cell counts; quotes protect separators; a heading is skipped', () => {
  const text = 'Tag Name;Area\n"FIC,101 ""A""",north\nTIC101.PV;south\nLIC7\tx\n'
  expect(namesOf(text, true)).toEqual(['FIC,101 "A"', 'TIC101.PV', 'LIC7'])
})

test('a name counts once, whatever its case; the first spelling stays', () => {
  expect(namesOf('Tic1\nTIC1\ntic2\n', false)).toEqual(['Tic1', 'tic2'])
})

test.each([
  ['"FIC101', true, 1, /unclosed quote/],
  ['FIC1\n,x', true, 2, /no tag name/],
  ['FIC1\nFIC\u001b[2J', false, 2, /control character/],
  ['x'.repeat(1024), false, 1, /longer than 1023/],
  ['\n \n', false, undefined, /holds no tag name/],
  ['tag\n', true, undefined, /holds no tag name/],
])('%j is refused', (text, csv, line, message) => {
  const { problem } = parseTagList(text, csv)
  expect(problem?.line).toBe(line)
  expect(problem?.message).toMatch(message)
})

test('any names survive the way through a quoted CSV file', () => {
  const name = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    .map((text) => text.replace(/\p{Cc}/gu, '').trim())
    .filter((text) => text !== '')
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1, selector: (text) => text.toLowerCase() }), (names) => {
      const text = `tag\n${names.map((each) => `"${each.replaceAll('"', '""')}",x`).join('\n')}\n`
      expect(namesOf(text, true)).toEqual(names)
    }),
  )
})
