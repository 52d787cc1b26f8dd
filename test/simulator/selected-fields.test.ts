import { describe, expect, test } from 'vitest'
import { RawJson } from '../../src/simulator/http/answer.ts'
import { below, parseSelectedFields, selectFields } from '../../src/simulator/selected-fields.ts'

const answer = {
  Links: { Next: 'n', Last: 'l' },
  Items: [
    { Timestamp: 't1', Value: 1, Good: true },
    { Timestamp: 't2', Value: { Name: 'Shutdown', Value: 254, IsSystem: true }, Good: false },
  ],
  UnitsAbbreviation: 'm',
}
const select = (text: string | undefined): unknown => selectFields(answer, parseSelectedFields(text))

describe('selectedFields', () => {
  test('without a list the answer is whole', () => {
    for (const text of [undefined, '', ';', ' ; ']) expect(select(text)).toBe(answer)
  })

  test('takes nested fields through arrays, in any case and any order', () => {
    expect(select('items.GOOD;Items.timestamp')).toEqual({
      Items: [
        { Timestamp: 't1', Good: true },
        { Timestamp: 't2', Good: false },
      ],
    })
    expect(select('Links.Next')).toEqual({ Links: { Next: 'n' } })
  })

  test('a field takes everything below it, also when a part of it is named as well', () => {
    for (const text of ['Items;Items.Good', 'Items.Good;Items']) expect(select(text)).toEqual({ Items: answer.Items })
  })

  test('unknown names are ignored, and nothing is made up for them', () => {
    expect(select('Items.Good;Items.Nothing;WebException;Items.Errors')).toEqual({
      Items: [{ Good: true }, { Good: false }],
    })
    expect(select('Nothing')).toEqual({})
  })

  test('a path below a plain value leaves it out', () => {
    expect(select('Items.Value.Name')).toEqual({ Items: [{}, { Value: { Name: 'Shutdown' } }] })
  })

  test('looks into values that are in their wire form already', () => {
    const tree = { Items: [{ Value: new RawJson('200.0') }, { Value: new RawJson('{"Name":"Shutdown","Value":254}') }] }
    expect(selectFields(tree, parseSelectedFields('Items.Value.Name'))).toEqual({
      Items: [{}, { Value: { Name: 'Shutdown' } }],
    })
    expect(selectFields(tree, parseSelectedFields('Items.Value'))).toEqual(tree)
  })

  test('names of the prototype are not fields', () => {
    expect(select('constructor;__proto__;Items.toString')).toEqual({ Items: [{}, {}] })
  })

  test('a writer can ask what is selected below a field', () => {
    const selection = parseSelectedFields('Items.Value.Name;UnitsAbbreviation')
    expect(below(undefined, 'Items')).toBeUndefined()
    expect(below(selection, 'UnitsAbbreviation')).toBe('whole')
    expect(below(below(below(selection, 'Items'), 'Value'), 'Name')).toBe('whole')
    expect(below(below(selection, 'Items'), 'Good')).toBeUndefined()
  })
})
