import { describe, expect, it } from 'vitest'
import { formatOpcUaAddress } from '../../src/domain/opc-ua-address.ts'
import { parseNodeList } from '../../src/config/node-list.ts'

const listOf = (text: string) => {
  const { entries, problem } = parseNodeList(text)
  expect(problem).toBeUndefined()
  return Object.fromEntries(Array.from(entries, ([name, address]) => [name, formatOpcUaAddress(address)]))
}

describe('node list', () => {
  it('reads names and nodes, quoted or not, separated by comma or tab, with and without a heading', () => {
    const text = [
      'Tag name,Node id',
      'FIC101,nsu=urn:plant;s=FIC101',
      '',
      '"a, ""b""","nsu=urn:plant;s=""b"", a"',
      ' LIC 7 \tnsu=urn:plant;i=007 ',
      'x;y,nsu=urn:plant;s=x;y,z',
    ]
    const expected = {
      FIC101: 'nsu=urn:plant;s=FIC101',
      'a, "b"': 'nsu=urn:plant;s="b", a',
      'LIC 7': 'nsu=urn:plant;i=7',
      'x;y': 'nsu=urn:plant;s=x;y,z',
    }
    expect(listOf(text.join('\r\n'))).toEqual(expected)
    expect(listOf(text.slice(1).join('\n'))).toEqual(expected)
  })

  it.each([
    ['', undefined, 'holds no tag'],
    ['tag,node\n', undefined, 'holds no tag'],
    ['FIC101\n', 1, 'is not "tag name,node id"'],
    ['"FIC101,nsu=urn:plant;s=A\n', 1, 'is not "tag name,node id"'],
    ['FIC101,ns=2;s=A\nB,nsu=urn:p;s=B\n', 1, 'has "ns=2;s=A", which is not a node id such as nsu=urn:plant;s=A'],
    ['A,nsu=urn:p;s=A\nB,ns=2;s=B\n', 2, 'has "ns=2;s=B", which is not a node id such as nsu=urn:plant;s=A'],
    ['A,nsu=urn:p;s=A\n,nsu=urn:p;s=B\n', 2, 'has no tag name in its first cell'],
    ['A,nsu=urn:p;s=A\nB,nsu=urn:p;s=B\na,nsu=urn:p;s=C\n', 3, 'names the tag "a" a second time'],
    ['A,nsu=urn:p;i=1\nB,nsu=urn:p;i=01\n', 2, 'names a node a second time'],
    [`${'x'.repeat(1024)},nsu=urn:p;s=A`, 1, 'has a tag name longer than 1023 characters'],
    ['a\u0000b,nsu=urn:p;s=A', 1, 'has a control character in a tag name'],
  ])('refuses %j', (text, line, message) => {
    expect(parseNodeList(text).problem).toEqual({ line, message })
  })
})
