import fc from 'fast-check'
import { expect, test } from 'vitest'
import { groupBy } from '../../src/util/group-by.ts'

test('every item is in the group of its key, once and in order; keys come in the order in which they came up', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -20, max: 20 })), (items) => {
      const keyOf = (item: number): number => item % 3
      const groups = groupBy(items, keyOf)
      expect([...groups.keys()]).toEqual([...new Set(items.map(keyOf))])
      for (const [key, group] of groups) expect(group).toEqual(items.filter((item) => keyOf(item) === key))
    }),
  )
})

test('keys may be anything a Map tells apart, and items come from anything that can be gone through once', () => {
  const [one, other] = [{}, {}]
  const groups = groupBy([one, other, one].values(), (item) => item)
  expect([...groups]).toEqual([
    [one, [one, one]],
    [other, [other]],
  ])
  expect(groups.get(one)).toHaveLength(2)
  expect(groupBy([], (item) => item)).toEqual(new Map())
})
