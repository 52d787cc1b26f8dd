/**
 * Writing an answer to a file the user named: whole or not at all. What is there and is no ordinary file is left alone,
 * and so is whatever the bridge lives on, there already or not.
 */
import { randomUUID } from 'node:crypto'
import { existsSync, lstatSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { ResolvedConfig } from '../config/config.ts'
import { BanyanError, messageOf } from '../domain/errors.ts'

/** What SQLite puts beside a file while it is open. */
const SQLITE_COMPANIONS = ['', '-wal', '-shm', '-journal']

/** Answers the absolute path. Throws BANYAN_FILE when it cannot be written, or must not. `own`: files of the bridge. */
export function writeAnswerFile(file: string, text: string, own: readonly string[]): string {
  const path = resolve(file)
  refuseUnfit(path, own)
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}`)
  try {
    writeFileSync(temporary, text, { flag: 'wx' })
    renameSync(temporary, path)
    return path
  } catch (error) {
    rmSync(temporary, { force: true })
    throw new BanyanError('BANYAN_FILE', `cannot write ${path}: ${messageOf(error)}`, {
      hint: 'Name a file in a folder you may write to, on a disk with room.',
      context: { file: path },
      cause: error,
    })
  }
}

/** What the bridge lives on. */
export function ownFiles({ file, store, log }: ResolvedConfig): string[] {
  const databases = [store, ...(log.kind === 'embedded' ? [log.file] : [])]
  return [file, ...databases.flatMap((database) => SQLITE_COMPANIONS.map((companion) => database + companion))]
}

function refuseUnfit(path: string, own: readonly string[]): void {
  const reason = unfitness(path, own)
  if (reason === undefined) return
  throw new BanyanError('BANYAN_FILE', `refused to write over ${path}: it is ${reason}`, {
    hint: 'Name another file.',
    context: { file: path },
  })
}

function unfitness(path: string, own: readonly string[]): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found?.isSymbolicLink() === true) return 'a link'
  if (found?.isDirectory() === true) return 'a folder'
  if (found?.isFile() === false) return 'no ordinary file'
  const place = placeOf(path)
  return own.some((one) => placeOf(one) === place) ? 'what the bridge itself lives on' : undefined
}

/** Where a file is, or would be if it were there, links followed: the bridge may be about to make it. */
function placeOf(file: string): string {
  if (existsSync(file)) return realpathSync(file)
  const folder = dirname(resolve(file))
  return existsSync(folder) ? join(realpathSync(folder), basename(file)) : resolve(file)
}
