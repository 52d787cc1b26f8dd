/**
 * selectedFields (PI Web API reference, "Selected Fields"): a semicolon list of dotted paths that thins an answer out.
 * Matching is case-insensitive, runs through arrays, and ignores names that do not exist (observed).
 */
import { RawJson } from './http/answer.ts'

export interface FieldSelection {
  /** Names in lower case; `whole` takes the field with everything below it. */
  readonly fields: ReadonlyMap<string, FieldSelection | 'whole'>
}

type MutableSelection = Map<string, MutableSelection | 'whole'>

/** Undefined when nothing is to be left out: the parameter is absent or names nothing at all. */
export function parseSelectedFields(text: string | undefined): FieldSelection | undefined {
  const root: MutableSelection = new Map()
  for (const path of (text ?? '').split(';')) {
    const names = path.split('.').map((name) => name.trim().toLowerCase())
    if (names.every((name) => name !== '')) add(root, names)
  }
  return root.size === 0 ? undefined : freeze(root)
}

function add(root: MutableSelection, names: readonly string[]): void {
  let level = root
  for (const [index, name] of names.entries()) {
    const known = level.get(name)
    if (known === 'whole') return
    if (index === names.length - 1) {
      level.set(name, 'whole')
      return
    }
    const next: MutableSelection = known ?? new Map<string, MutableSelection | 'whole'>()
    level.set(name, next)
    level = next
  }
}

function freeze(level: MutableSelection): FieldSelection {
  return { fields: new Map([...level].map(([name, below]) => [name, below === 'whole' ? below : freeze(below)])) }
}

/**
 * What is selected below a field: `whole`, a narrower selection, or undefined when the list leaves the field out. For
 * writers that print an answer directly instead of building it. Without a list the answer is undefined as well.
 */
export function below(
  selection: FieldSelection | 'whole' | undefined,
  name: string,
): FieldSelection | 'whole' | undefined {
  if (selection === 'whole' || selection === undefined) return selection
  return selection.fields.get(name.toLowerCase())
}

/** The selected part of a JSON value. A plain value where the list asks for something below it is left out. */
export function selectFields(value: unknown, selection: FieldSelection | undefined): unknown {
  if (selection === undefined) return value
  if (value instanceof RawJson) return selectFields(JSON.parse(value.text), selection)
  if (Array.isArray(value)) return value.map((item: unknown) => selectFields(item, selection))
  if (typeof value !== 'object' || value === null) return undefined
  const selected: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(value)) {
    const inner = selection.fields.get(name.toLowerCase())
    if (inner === undefined) continue
    const part: unknown = inner === 'whole' ? field : selectFields(field, inner)
    if (part !== undefined) selected[name] = part
  }
  return selected
}
