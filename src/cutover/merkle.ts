/**
 * Merkle root over lines, in constant time and O(log n) memory per line. The tree is that of RFC 6962: leaves and nodes
 * are hashed with a byte of their own in front, so no line can be passed off as a node and no node as a line.
 */
import { hash } from 'node:crypto'

const LEAF = Buffer.of(0)
const NODE = Buffer.of(1)

interface Subtree {
  /** Lines beneath; a power of two. */
  readonly size: number
  readonly root: Buffer
}

export class MerkleTree {
  /** Full subtrees from left to right, each larger than the next. */
  readonly #subtrees: Subtree[] = []

  /** The order of lines is part of the root. */
  add(line: string): void {
    let added: Subtree = { size: 1, root: sha256(LEAF, Buffer.from(line)) }
    for (let left = this.#subtrees.at(-1); left?.size === added.size; left = this.#subtrees.at(-1)) {
      this.#subtrees.pop()
      added = { size: left.size * 2, root: sha256(NODE, left.root, added.root) }
    }
    this.#subtrees.push(added)
  }

  /** 64 hex digits; of no lines, the hash of nothing. Lines may be added after. */
  root(): string {
    const root = this.#subtrees
      .map((tree) => tree.root)
      .reduceRight<Buffer | undefined>(
        (right, left) => (right === undefined ? left : sha256(NODE, left, right)),
        undefined,
      )
    return (root ?? sha256()).toString('hex')
  }
}

function sha256(...parts: Buffer[]): Buffer {
  return hash('sha256', Buffer.concat(parts), 'buffer')
}
