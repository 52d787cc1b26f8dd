/**
 * Index of an evidence bundle: which decision it is about, and the hash of each file. It holds nothing that the check
 * does not compare with something else.
 */
import { canonicalJson, parseCanonicalJson } from './canonical-json.ts'
import type { ChainLink } from './audit-chain.ts'
import { count, name, object, oneOf, sha256 } from './decode.ts'

/** The files of a bundle beside its index; each ends with a line break. */
export const BUNDLE_FILES = [
  /** The evidence manifest, one canonical line. */
  'manifest.json',
  /** Cell evidence, a line per cell. */
  'cells.ndjson',
  /** The audit chain of the bridge from its beginning, a line per event. */
  'audit.ndjson',
] as const
export type BundleFile = (typeof BUNDLE_FILES)[number]

/** The index itself. */
export const BUNDLE_INDEX = 'bundle.json'

export interface BundleIndex {
  readonly v: 1
  readonly workload: string
  /** `seq` of the advance that the bundle proves. */
  readonly event: number
  /** The last link of the audit chain. */
  readonly chainHead: ChainLink
  /** SHA-256 of each file. */
  readonly files: Readonly<Record<BundleFile, string>>
}

const decodeFields = object<BundleIndex>({
  v: oneOf([1]),
  workload: name,
  event: count,
  chainHead: object<ChainLink>({ seq: count, hash: sha256 }),
  files: object<BundleIndex['files']>({ 'manifest.json': sha256, 'cells.ndjson': sha256, 'audit.ndjson': sha256 }),
})

/** One line, without the line break. */
export function encodeBundleIndex(index: BundleIndex): string {
  return canonicalJson(index)
}

/** Throws RangeError for anything but the canonical text of an index of this version. */
export function decodeBundleIndex(text: string): BundleIndex {
  return decodeFields(parseCanonicalJson(text), 'bundle')
}
