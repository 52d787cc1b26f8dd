import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MerkleTree } from '../../src/cutover/merkle.ts'

function rootOf(lines: readonly string[]): string {
  const tree = new MerkleTree()
  for (const line of lines) tree.add(line)
  return tree.root()
}

function sha256(...parts: (string | Uint8Array)[]): Buffer {
  const sum = createHash('sha256')
  for (const part of parts) sum.update(part)
  return sum.digest()
}

/** The definition of RFC 6962, section 2.1, as it stands there. */
function definedRoot(lines: readonly string[]): Buffer {
  if (lines.length === 0) return sha256()
  if (lines.length === 1) return sha256(Uint8Array.of(0), lines[0]!)
  let split = 1
  while (split * 2 < lines.length) split *= 2
  return sha256(Uint8Array.of(1), definedRoot(lines.slice(0, split)), definedRoot(lines.slice(split)))
}

describe('MerkleTree', () => {
  it('has the root that RFC 6962 defines, for any number of lines', () => {
    for (let lines = 0; lines <= 70; lines++) {
      const texts = Array.from({ length: lines }, (_, i) => `line ${i} \u00f6`)
      expect(rootOf(texts)).toBe(definedRoot(texts).toString('hex'))
    }
  })

  it('tells any two lists of lines apart', () => {
    const list = fc.array(fc.constantFrom('', 'a', 'b', 'ab'), { maxLength: 12 })
    fc.assert(
      fc.property(list, list, (a, b) => {
        expect(rootOf(a) === rootOf(b)).toBe(JSON.stringify(a) === JSON.stringify(b))
      }),
    )
  })

  it('does not take a node for a line', () => {
    const node = Buffer.concat([sha256(Uint8Array.of(0), 'a'), sha256(Uint8Array.of(0), 'b')])
    expect(rootOf(['a', 'b'])).toBe(sha256(Uint8Array.of(1), node).toString('hex'))
    expect(sha256(Uint8Array.of(0), node).toString('hex')).not.toBe(rootOf(['a', 'b']))
  })

  it('may be asked for its root between lines', () => {
    const tree = new MerkleTree()
    for (const [i, line] of ['a', 'b', 'c'].entries()) {
      tree.add(line)
      expect(tree.root()).toBe(rootOf(['a', 'b', 'c'].slice(0, i + 1)))
    }
  })
})
