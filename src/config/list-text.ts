/** The text of list files (tag names, nodes): bounded, UTF-8. */
import { readFileSync, statSync } from 'node:fs'

/** A million names of ordinary length. */
const MAX_LIST_BYTES = 64 * 1024 * 1024
/** PI names end at 1023 characters. */
export const MAX_TAG_NAME_LENGTH = 1023
export const CONTROL = /\p{Cc}/u

export interface ListText {
  readonly text: string
  /** Why it cannot be used. */
  readonly problem: string | undefined
}

/** Throws what the file system throws. */
export function readListText(file: string): ListText {
  if (statSync(file).size > MAX_LIST_BYTES) return { text: '', problem: 'is larger than 64 MiB' }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file)), problem: undefined }
  } catch (error) {
    if (error instanceof TypeError) return { text: '', problem: 'is not UTF-8 text' }
    throw error
  }
}
