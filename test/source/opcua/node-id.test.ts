import fc from 'fast-check'
import { NodeId } from 'node-opcua-client'
import { expect, test } from 'vitest'
import { parseOpcUaAddress } from '../../../src/domain/opc-ua-address.ts'
import { Namespaces } from '../../../src/source/opcua/node-id.ts'

const UA = 'http://opcfoundation.org/UA/'

test('an address has the index its namespace has in this session, and comes back the same', () => {
  const before = new Namespaces([UA, 'urn:a', 'urn:b'])
  const after = new Namespaces([UA, 'urn:x', 'urn:b', 'urn:a'])
  const identifiers = fc.oneof(
    fc.integer({ min: 1, max: 4_294_967_295 }).map((n) => `i=${n}`),
    fc.string({ minLength: 1, unit: 'binary' }).map((text) => `s=${text}`),
    fc.uuid().map((uuid) => `g=${uuid}`),
    fc.uint8Array({ minLength: 1 }).map((bytes) => `b=${Buffer.from(bytes).toString('base64')}`),
  )
  fc.assert(
    fc.property(identifiers, fc.constantFrom('urn:a', 'urn:b', UA), (identifier, namespaceUri) => {
      for (const namespaces of [before, after]) {
        const nodeId = namespaces.nodeIdOf({ namespaceUri, identifier })!
        expect(namespaces.uriOf(nodeId.namespace)).toBe(namespaceUri)
        expect(namespaces.addressOf(nodeId)).toEqual({ namespaceUri, identifier })
      }
    }),
  )
})

test('a namespace the server does not have has no nodes', () => {
  const namespaces = new Namespaces([UA])
  expect(namespaces.nodeIdOf(parseOpcUaAddress('nsu=urn:gone;s=X'))).toBeUndefined()
  expect(namespaces.addressOf(new NodeId(NodeId.NodeIdType.STRING, 'X', 7))).toBeUndefined()
  expect(namespaces.addressOf(new NodeId())).toBeUndefined()
})

test('of a namespace listed twice the first index counts', () => {
  expect(new Namespaces([UA, 'urn:a', 'urn:a']).nodeIdOf(parseOpcUaAddress('nsu=urn:a;i=5'))?.namespace).toBe(1)
})
