import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { selectTokens } from '../../src/simulator/json-path.ts'

const root = {
  p: {
    Status: 200,
    Headers: { Location: 'http://h/x' },
    Content: { WebId: 'A', Items: [{ WebId: 'B' }, { WebId: 'C' }] },
  },
  '1': { Content: { 'odd name': true, Total: 0, Nothing: null } },
}

describe('JsonPath', () => {
  test.each([
    ['$', [root]],
    ['$.p.Content.WebId', ['A']],
    ['$.p.Content.Items[*].WebId', ['B', 'C']],
    ['$.p.Content.Items[1].WebId', ['C']],
    ["$['p'].Headers['Location']", ['http://h/x']],
    ['$["1"].Content["odd name"]', [true]],
    ['$.1.Content.Total', [0]],
    ['$.1.Content.Nothing', [null]],
    ['$.p.Headers.*', ['http://h/x']],
    ['$..WebId', ['A', 'B', 'C']],
    ['$.p..WebId', ['A', 'B', 'C']],
    ['$.p.content.WebId', []],
    ['$.p.Content.Items[2].WebId', []],
    ['$.p.constructor', []],
  ])('%s', (path, expected) => {
    expect(selectTokens(root, path)).toEqual(expected)
  })

  test.each(['', 'p.Content', '$.', '$.p.', '$.p[', '$.p[?(@.a==1)]', '$.p[1:2]', '$p', '$...p', '$.p Content'])(
    'does not understand %j',
    (path) => {
      expect(selectTokens(root, path)).toBeUndefined()
    },
  )

  test('never throws', () => {
    fc.assert(
      fc.property(
        fc.string().map((text) => `$${text}`),
        (path) => void selectTokens(root, path),
      ),
    )
  })
})
