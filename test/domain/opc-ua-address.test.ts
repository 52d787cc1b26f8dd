import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatOpcUaAddress, parseOpcUaAddress } from '../../src/domain/opc-ua-address.ts'

const identifier = fc.oneof(
  fc.integer({ min: 0, max: 4_294_967_295 }).map((id) => `i=${String(id)}`),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 100 }).map((text) => `s=${text}`),
  fc.uuid().map((guid) => `g=${guid}`),
  fc.uint8Array({ minLength: 1 }).map((bytes) => `b=${Buffer.from(bytes).toString('base64')}`),
)

describe('OPC UA address', () => {
  it('comes back from its text, whatever is in the namespace and the identifier', () => {
    const namespaceUri = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 })
    fc.assert(
      fc.property(namespaceUri, identifier, (uri, id) => {
        const address = { namespaceUri: uri, identifier: id }
        expect(parseOpcUaAddress(formatOpcUaAddress(address))).toEqual(address)
      }),
    )
  })

  it('has one text: numbers without leading zeros, GUIDs in lower case, namespace 0 by its URI', () => {
    const texts = (['i=0042', 'g=6F40DF05-D9CD-44F7-8D4A-3CB826D0F97D', 'nsu=urn:a%3bb;s=x;y'] as const).map((text) =>
      formatOpcUaAddress(parseOpcUaAddress(text)),
    )
    expect(texts).toEqual([
      'nsu=http://opcfoundation.org/UA/;i=42',
      'nsu=http://opcfoundation.org/UA/;g=6f40df05-d9cd-44f7-8d4a-3cb826d0f97d',
      'nsu=urn:a%3Bb;s=x;y',
    ])
  })

  it.each([
    '',
    'FIC101',
    'ns=2;s=FIC101',
    'nsu=urn:plant',
    'nsu=;s=a',
    's=',
    'i=4294967296',
    'i=-1',
    'g=12',
    'b=*',
    `s=${'x'.repeat(4097)}`,
  ])('refuses %j', (text) => {
    expect(() => parseOpcUaAddress(text)).toThrow(RangeError)
  })
})
