/**
 * Export: the evidence of a move as a folder of files that `verifyBundle` checks without store, log or site. The index
 * is written last: a folder without it is no bundle.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeAuditEvent, type AuditEvent } from '../../cutover/audit-chain.ts'
import { BUNDLE_INDEX, encodeBundleIndex } from '../../cutover/bundle-index.ts'
import { BanyanError, messageOf } from '../../domain/errors.ts'
import type { EvidenceTable } from '../../store/evidence.ts'

export interface ExportedBundle {
  readonly folder: string
  /** `seq` of the advance that it proves. */
  readonly event: number
  readonly manifestHash: string
  /** Names in the folder, the index last. */
  readonly files: readonly string[]
}

/** A write per line would take a million of them a while. */
const CHUNK_LENGTH = 1_000_000

interface ExportParts {
  readonly evidence: EvidenceTable
  /** The whole chain, ascending. */
  readonly chain: readonly AuditEvent[]
  readonly event: AuditEvent
  /** Created if it is not there; must be empty. */
  readonly folder: string
}

/** Throws BANYAN_USAGE when there is no such evidence, BANYAN_FILE when the folder is not ours to fill. */
export async function exportBundle({ evidence, chain, event, folder }: ExportParts): Promise<ExportedBundle> {
  const { workload, manifestHash } = event
  const manifest = manifestHash === null ? undefined : evidence.manifest(manifestHash)
  if (manifestHash === null || manifest === undefined) throw noEvidence(event)
  prepare(folder)
  const head = chain.at(-1) ?? event
  const index = encodeBundleIndex({
    v: 1,
    workload,
    event: event.seq,
    chainHead: { seq: head.seq, hash: head.hash },
    files: {
      'manifest.json': await write(folder, 'manifest.json', [manifest]),
      'cells.ndjson': await write(folder, 'cells.ndjson', evidence.cells(manifestHash)),
      'audit.ndjson': await write(folder, 'audit.ndjson', chain.map(encodeAuditEvent)),
    },
  })
  await write(folder, BUNDLE_INDEX, [index])
  return {
    folder,
    event: event.seq,
    manifestHash,
    files: ['manifest.json', 'cells.ndjson', 'audit.ndjson', BUNDLE_INDEX],
  }
}

function prepare(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
    if (readdirSync(folder).length === 0) return
  } catch (cause) {
    throw new BanyanError('BANYAN_FILE', `the folder ${folder} cannot be used: ${messageOf(cause)}`, {
      hint: 'Name a folder that does not exist yet, in one this user may write to.',
      cause,
    })
  }
  throw new BanyanError('BANYAN_FILE', `the folder ${folder} is not empty`, {
    hint: 'Name a folder that does not exist yet: nothing is written over.',
  })
}

/** Answers the SHA-256 of the file. */
async function write(folder: string, name: string, lines: Iterable<string>): Promise<string> {
  const path = join(folder, name)
  const sum = createHash('sha256')
  try {
    const file = await open(path, 'wx')
    try {
      for (const bytes of chunksOf(lines)) {
        sum.update(bytes)
        await file.appendFile(bytes)
      }
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (cause) {
    if (cause instanceof BanyanError) throw cause
    throw new BanyanError('BANYAN_FILE', `${path} cannot be written: ${messageOf(cause)}`, {
      hint: 'See that there is room, and that this user may write there; what is in the folder is no bundle.',
      cause,
    })
  }
  return sum.digest('hex')
}

/** Every line with its end, many at a time. */
function* chunksOf(lines: Iterable<string>): Generator<Buffer> {
  let text = ''
  for (const line of lines) {
    text += `${line}\n`
    if (text.length < CHUNK_LENGTH) continue
    yield Buffer.from(text)
    text = ''
  }
  if (text !== '') yield Buffer.from(text)
}

function noEvidence({ seq, workload, manifestHash }: AuditEvent): BanyanError {
  const what = manifestHash === null ? 'rests on no evidence' : `rests on evidence ${manifestHash}, which is not here`
  return new BanyanError('BANYAN_USAGE', `event ${seq} of ${workload} ${what}`, {
    hint: 'Name an advance from shadowing on; evidence is kept in the store that gathered it, and a rebuilt one lacks it.',
    context: { workload, seq },
  })
}
