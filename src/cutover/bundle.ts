/**
 * Bundle: proves a move to somebody who trusts neither Banyan nor the site, from four files and nothing else. The
 * manifest is not believed: the cells are summed up again, the state is folded again from the chain, the gates are asked
 * again at the time that the decision names, and every answer is compared with what was recorded.
 *
 * What the bridge measured (lag, streak, bound, planted faults, the historian's identity and clock) stays its word. The
 * hash in the chain proves that this is what it said when it decided, and what the people who approved could read.
 *
 * Every changed byte of any file is found. What is not found is a bundle that was written anew as a whole, consistently:
 * against that, give a link of the chain that is known from elsewhere, from the audit topic or an earlier bundle.
 */
import { AUDIT_LINE_BYTES_MAX, ChainCheck, type AuditEvent, type ChainLink } from './audit-chain.ts'
import { compare, contradictionsOfCells, contradictionsOfHistory, type Difference } from './bundle-facts.ts'
import { BUNDLE_INDEX, decodeBundleIndex, type BundleFile, type BundleIndex } from './bundle-index.ts'
import { readLines, type FileBytes } from './bundle-lines.ts'
import { decodeCell } from './cell-evidence.ts'
import { CellTally } from './cell-tally.ts'
import { decodeManifest } from './decode-manifest.ts'
import type { EvidenceManifest } from './manifest.ts'

export interface BundleContents {
  readonly index: FileBytes
  readonly files: Readonly<Record<BundleFile, FileBytes>>
}

export interface BundleVerdict {
  /** True exactly when there is no difference. */
  readonly ok: boolean
  readonly differences: readonly Difference[]
}

/** The index is a few hundred bytes. */
const INDEX_BYTES_MAX = 16_384
/** A thousand waivers with long reasons fit many times. */
const MANIFEST_BYTES_MAX = 64 * 1_024 * 1_024
/** The longest name of a tag, every character escaped, fits. */
const CELL_BYTES_MAX = 32_768

/**
 * Reads each file once, the cells last. Memory: the manifest and the events of one workload, whatever the number of
 * cells. What a file does not hold is a difference; that it cannot be read is an error of whoever gives its bytes.
 */
export async function verifyBundle(contents: BundleContents, known?: ChainLink): Promise<BundleVerdict> {
  const differences: Difference[] = []
  const index = await readIndex(contents.index, differences)
  if (index !== undefined) {
    const manifest = await readManifest(contents, index, differences)
    const history = await readAudit(contents, index, known, differences)
    if (manifest !== undefined) {
      differences.push(...compare('manifest.json', 'workload', index.workload, manifest.workload))
      differences.push(...contradictionsOfHistory(manifest, history, index.event))
      await checkCells(contents, index, manifest, differences)
    }
  }
  return { ok: differences.length === 0, differences }
}

async function readIndex(bytes: FileBytes, differences: Difference[]): Promise<BundleIndex | undefined> {
  const found: BundleIndex[] = []
  await readFile(BUNDLE_INDEX, bytes, undefined, INDEX_BYTES_MAX, differences, (line) => {
    found.push(decodeBundleIndex(line))
  })
  return onlyOne(BUNDLE_INDEX, found, differences)
}

async function readManifest(
  { files }: BundleContents,
  index: BundleIndex,
  differences: Difference[],
): Promise<EvidenceManifest | undefined> {
  const file = 'manifest.json'
  const found: EvidenceManifest[] = []
  await readFile(file, files[file], index.files[file], MANIFEST_BYTES_MAX, differences, (line) => {
    found.push(decodeManifest(line))
  })
  return onlyOne(file, found, differences)
}

/** The events of the workload, as far as the chain holds. */
async function readAudit(
  { files }: BundleContents,
  index: BundleIndex,
  known: ChainLink | undefined,
  differences: Difference[],
): Promise<AuditEvent[]> {
  const file = 'audit.ndjson'
  const check = new ChainCheck()
  const history: AuditEvent[] = []
  let knownHash: string | undefined
  await readFile(file, files[file], index.files[file], AUDIT_LINE_BYTES_MAX, differences, (line) => {
    const event = check.add(line)
    if (event.seq === known?.seq) knownHash = event.hash
    if (event.workload === index.workload) history.push(event)
  })
  differences.push(...compare(BUNDLE_INDEX, 'chainHead', check.head, index.chainHead))
  if (known !== undefined) differences.push(...compare(file, `hash of event ${known.seq}`, known.hash, knownHash))
  return history
}

async function checkCells(
  { files }: BundleContents,
  index: BundleIndex,
  manifest: EvidenceManifest,
  differences: Difference[],
): Promise<void> {
  const file = 'cells.ndjson'
  const { cellTicks, waivers, request } = manifest
  const tally = new CellTally({ cellTicks, waivers, lookFence: request?.lookFence })
  await readFile(file, files[file], index.files[file], CELL_BYTES_MAX, differences, (line) => {
    tally.add(decodeCell(line))
  })
  differences.push(...contradictionsOfCells(manifest, tally))
}

/** Reads to the end, or to the first line that is not what it should be. */
async function readFile(
  file: Difference['file'],
  bytes: FileBytes,
  sha256: string | undefined,
  lineBytesMax: number,
  differences: Difference[],
  onLine: (line: string) => void,
): Promise<void> {
  try {
    const found = await readLines(bytes, lineBytesMax, onLine)
    if (sha256 !== undefined) differences.push(...compare(file, 'sha256', sha256, found))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    differences.push({ file, what: 'content', expected: 'lines as Banyan writes them', found: error.message })
  }
}

/** Undefined unless the file held one line; a line that could not be read has been reported. */
function onlyOne<T>(file: Difference['file'], found: readonly T[], differences: Difference[]): T | undefined {
  if (found.length === 1) return found[0]
  const isReported = differences.some((difference) => difference.file === file)
  if (!isReported) differences.push({ file, what: 'lines', expected: '1', found: String(found.length) })
  return undefined
}
