/** What can be wrong with the log file before the first write. Looks only; creates nothing. */
import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { isBanyanError } from '../../domain/errors.ts'
import type { LogFinding } from '../log.ts'
import { openLogFile } from './schema.ts'

export function inspectLogFile(file: string, partitionCount: number): LogFinding[] {
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
  return [folder, fileFinding(file, partitionCount)]
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

function fileFinding(file: string, partitionCount: number): LogFinding {
  const name = 'log.file'
  try {
    openLogFile(file, partitionCount).close()
    if (!isWritable(file)) {
      return { name, ok: false, detail: `${file} cannot be written`, hint: 'Give this user write access to the file.' }
    }
    return { name, ok: true, detail: `${file} is a log with ${partitionCount} partitions` }
  } catch (error) {
    if (!isBanyanError(error)) throw error
    return { name, ok: false, detail: error.message, ...(error.hint !== undefined && { hint: error.hint }) }
  }
}
