/** A folder with an evidence bundle, from wherever it came: ordinary files are read, in pieces; nothing else is opened. */
import { createReadStream, lstatSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { BUNDLE_FILES, BUNDLE_INDEX } from '../cutover/bundle-index.ts'
import type { BundleContents } from '../cutover/bundle.ts'
import { BanyanError, messageOf } from '../domain/errors.ts'

export interface OpenBundle {
  /** Absolute. */
  readonly folder: string
  readonly contents: BundleContents
  /** Names in the folder that belong to no bundle; bounded. */
  readonly others: readonly string[]
}

/** Enough to see what they are. */
const OTHERS_TOLD = 10

/** Throws BANYAN_FILE when the folder, or a file of a bundle, is not there. */
export function openBundle(path: string): OpenBundle {
  const folder = resolve(path)
  const names = namesIn(folder)
  const known: readonly string[] = [BUNDLE_INDEX, ...BUNDLE_FILES]
  for (const name of known) requireFile(join(folder, name))
  return {
    folder,
    contents: {
      index: bytesOf(join(folder, BUNDLE_INDEX)),
      files: {
        'manifest.json': bytesOf(join(folder, 'manifest.json')),
        'cells.ndjson': bytesOf(join(folder, 'cells.ndjson')),
        'audit.ndjson': bytesOf(join(folder, 'audit.ndjson')),
      },
    },
    others: names.filter((name) => !known.includes(name)).slice(0, OTHERS_TOLD),
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (cause) {
    throw unreadable(folder, messageOf(cause), cause)
  }
}

function requireFile(file: string): void {
  const found = lstatSync(file, { throwIfNoEntry: false })
  if (found === undefined) throw unreadable(file, 'it is not there')
  if (!found.isFile()) throw unreadable(file, 'it is no ordinary file')
}

/** Opened when it is read, so that a bundle that ends early leaves no file open. */
async function* bytesOf(file: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(file)) yield chunk as Uint8Array
  } catch (cause) {
    throw unreadable(file, messageOf(cause), cause)
  }
}

function unreadable(path: string, why: string, cause?: unknown): BanyanError {
  return new BanyanError('BANYAN_FILE', `cannot read ${path}: ${why}`, {
    hint: 'Name the folder that "banyan evidence export" wrote, with all of its files.',
    context: { path },
    cause,
  })
}
