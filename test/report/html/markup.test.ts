import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foreign, html, scriptJson } from '../../../src/report/html/markup.ts'
import { HOSTILE_NAMES } from '../../harness/hostile-names.ts'

describe('html', () => {
  test('escapes what is put into it, once', () => {
    expect(html`<p title="${'"x"'}">${"<b>&'"}</p>`.toString()).toBe('<p title="&quot;x&quot;">&lt;b&gt;&amp;&#39;</p>')
  })

  test('keeps markup, joins lists, leaves out what is undefined, prints numbers', () => {
    expect(html`${html`<i>${'<'}</i>`}|${[html`<b></b>`, '>', 3]}|${undefined}`.toString()).toBe(
      '<i>&lt;</i>|<b></b>&gt;3|',
    )
  })

  test('spells out control characters and direction overrides', () => {
    expect(foreign('\u202eFIC\u0007').toString()).toBe('<bdi>\\u202eFIC\\u0007</bdi>')
  })

  test('any text comes out as text only', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...HOSTILE_NAMES)), (text) => {
        const made = html`${text}`.toString()
        expect(made).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39);)/)
      }),
    )
  })
})

describe('scriptJson', () => {
  test('is the same value, without anything that ends or opens an element', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.jsonValue({ stringUnit: 'binary' }), fc.array(fc.constantFrom(...HOSTILE_NAMES))),
        (value) => {
          const text = scriptJson(value)
          expect(text).not.toMatch(/[<>\u2028\u2029]/)
          expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        },
      ),
    )
  })
})
