/** What can be wrong with the log file before the first write. Looks only; creates nothing. */
import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type Database from 'better-sqlite3'
import { isBanyanError } from '../../domain/errors.ts'
import type { LogFinding } from '../log.ts'
import { embeddedLogError } from './errors.ts'
import { openLogFileAsItIs } from './schema.ts'

export function inspectLogFile(file: string, partitionCount: number, bridge: string): LogFinding[] {
  const folder = folderFinding(file)
  if (!folder.ok) return [folder]
  if (!existsSync(file)) {
    const missing: LogFinding = {
      name: 'log.file',
      ok: false,
      missing: true,
      detail: `${file} does not exist`,
      hint: 'Create it with `banyan check --create-topics`.',
    }
    return [folder, missing]
  }
  return [folder, ...fileFindings(file, partitionCount, bridge)]
}

/** SQLite keeps two files beside the log, so the folder must be writable, not only the file. */
function folderFinding(file: string): LogFinding {
  const folder = dirname(file)
  if (isWritable(folder)) return { name: 'log.folder', ok: true, detail: `${folder} can be written` }
  return {
    name: 'log.folder',
    ok: false,
    detail: `${folder} does not exist or cannot be written`,
    hint: 'Make the folder and give this user write access, or change log.embedded.file.',
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

function fileFindings(file: string, partitionCount: number, bridge: string): LogFinding[] {
  const name = 'log.file'
  try {
    const db = openLogFileAsItIs(file, partitionCount)
    try {
      if (!isWritable(file)) {
        const hint = 'Give this user write access to the file.'
        return [{ name, ok: false, detail: `${file} cannot be written`, hint }]
      }
      const found = { name, ok: true, detail: `${file} is a log with ${partitionCount} partitions` }
      return [found, ownerFinding(db, file, bridge)]
    } finally {
      db.close()
    }
  } catch (error) {
    if (!isBanyanError(error)) throw error
    return [{ name, ok: false, detail: error.message, ...(error.hint !== undefined && { hint: error.hint }) }]
  }
}

/** Coverage is kept by bridge: another one would know of nothing that is here, and copy all of it again. */
function ownerFinding(db: Database.Database, file: string, bridge: string): LogFinding {
  const name = 'log.owner'
  const others = othersIn(db, file, bridge)
  if (others.length === 0) return { name, ok: true, detail: `only bridge ${bridge} writes here` }
  return {
    name,
    ok: false,
    detail: `${file} holds what was copied by: ${others.join(', ')}`,
    hint: 'Give `bridge` in the configuration its old name back, or name another file in log.embedded.file.',
  }
}

function othersIn(db: Database.Database, file: string, bridge: string): string[] {
  try {
    const query = db.prepare<[string], string>('SELECT DISTINCT bridge FROM checkpoints WHERE bridge <> ? ORDER BY 1')
    return query.pluck().all(bridge)
  } catch (error) {
    throw embeddedLogError(error, file)
  }
}
