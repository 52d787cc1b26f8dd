/**
 * Tag list files: exact tag names, one per line. In a `.csv` file the name is the first cell (quoted when it holds a
 * separator) and a first line that reads `tag`, `name` or `tag name` is a heading; in any other file the whole line is
 * the name. Blank lines are skipped. Names are compared as PI does, without regard to case; the first spelling stays.
 */
import { CONTROL, MAX_TAG_NAME_LENGTH, readListText } from './list-text.ts'

const HEADINGS = new Set(['tag', 'name', 'tag name'])
/** Neither `;` nor tab can be in a PI tag name. */
const CELL = /^(?:"((?:[^"]|"")*)"|([^",;\t][^,;\t]*|))(?:[,;\t]|$)/

export interface TagList {
  readonly names: readonly string[]
  /** What is wrong with it; `line` is undefined when it concerns the whole file. */
  readonly problem: { readonly line: number | undefined; readonly message: string } | undefined
}

/** Throws what the file system throws. */
export function readTagList(file: string): TagList {
  const { text, problem } = readListText(file)
  return problem === undefined ? parseTagList(text, file.toLowerCase().endsWith('.csv')) : failed(problem)
}

export function parseTagList(text: string, csv: boolean): TagList {
  const names = new Map<string, string>()
  for (const [index, rawLine] of text.split(/\r?\n/).entries()) {
    const line = index + 1
    if (rawLine.trim() === '') continue
    const name = (csv ? firstCell(rawLine) : rawLine)?.trim()
    if (name === undefined) return failed('has an unclosed quote', line)
    if (csv && index === 0 && HEADINGS.has(name.toLowerCase())) continue
    if (name === '') return failed('has no tag name in its first cell', line)
    if (name.length > MAX_TAG_NAME_LENGTH) return failed('has a tag name longer than 1023 characters', line)
    if (CONTROL.test(name)) return failed('has a control character in a tag name', line)
    const key = name.toLowerCase()
    if (!names.has(key)) names.set(key, name)
  }
  if (names.size === 0) return failed('holds no tag name')
  return { names: [...names.values()], problem: undefined }
}

function firstCell(line: string): string | undefined {
  const match = CELL.exec(line)
  return match?.[1]?.replaceAll('""', '"') ?? match?.[2]
}

function failed(message: string, line?: number): TagList {
  return { names: [], problem: { line, message } }
}
