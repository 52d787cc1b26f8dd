import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { historianOf, nativeIdOf, parseTagId, tagId } from '../../src/domain/tag-id.ts'

describe('tag id', () => {
  it('gives back its two parts, whatever the native id is', () => {
    const historian = fc.stringMatching(/^[a-z0-9-]+$/)
    fc.assert(
      fc.property(historian, fc.string({ unit: 'binary', minLength: 1 }), (name, native) => {
        const id = tagId(name, native)
        expect([historianOf(id), nativeIdOf(id)]).toEqual([name, native])
        expect(parseTagId(id)).toBe(id)
      }),
    )
    expect(tagId('pi-north', 12345)).toBe('pi-north/12345')
  })

  it.each(['', '/', 'pi-north', 'pi-north/', '/12345', 'PI/1', 'pi north/1', 'pi_north/1'])('refuses %j', (text) => {
    expect(() => parseTagId(text)).toThrow(RangeError)
  })
})
