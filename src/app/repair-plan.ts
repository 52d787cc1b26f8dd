/**
 * Repair plan: the file `banyan repair` takes. It may come from anywhere, by mail or by hand, so nothing in it is
 * believed: it names windows of tags and can do no more than have them looked at again.
 */
import { readFileSync, statSync } from 'node:fs'
import type { Coverage } from '../domain/coverage.ts'
import { BanyanError, messageOf } from '../domain/errors.ts'
import { parseTagId, type TagId } from '../domain/tag-id.ts'
import { parseTicks } from '../domain/ticks.ts'
import { window, type Window } from '../domain/window.ts'

/** A whole report may be given, with its plan inside. */
const FILE_BYTES_MAX = 256 * 1024 * 1024
/** More than any report has; whoever has more makes several plans. */
const WINDOWS_MAX = 1_000_000

/** Windows by tag; each list ascending and disjoint. */
export type RepairWindows = ReadonlyMap<TagId, Coverage>

/** Throws BANYAN_FILE when the file cannot be read, and BANYAN_USAGE when it is no plan for this bridge. */
export function readRepairPlan(file: string, bridge: string): RepairWindows {
  const text = readBounded(file)
  try {
    return repairPlanFrom(JSON.parse(text), bridge)
  } catch (error) {
    throw new BanyanError('BANYAN_USAGE', `${file} is not a repair plan: ${messageOf(error)}`, {
      hint: 'Make one with "banyan report --format plan -o plan.json".',
      context: { file },
      cause: error,
    })
  }
}

/** A plan, or a parity report with one. Throws RangeError for anything else. */
export function repairPlanFrom(json: unknown, bridge: string): RepairWindows {
  const plan = fieldsOf(json, 'the file')
  if ('repairPlan' in plan) return repairPlanFrom(plan['repairPlan'], bridge)
  if (plan['schemaVersion'] !== 1)
    throw new RangeError(`schemaVersion is ${JSON.stringify(plan['schemaVersion'])}, not 1`)
  if (plan['bridge'] !== bridge) {
    throw new RangeError(`it was made for bridge ${JSON.stringify(plan['bridge'])}, not ${bridge}`)
  }
  const list = plan['windows']
  if (!Array.isArray(list)) throw new RangeError('windows is not a list')
  if (list.length > WINDOWS_MAX) throw new RangeError(`more than ${WINDOWS_MAX} windows`)
  const windows = new Map<TagId, Window[]>()
  for (const item of list) {
    const { tag, from, until } = fieldsOf(item, 'a window')
    const id = parseTagId(textFrom(tag, 'tag'))
    const one = window(parseTicks(textFrom(from, 'from')), parseTicks(textFrom(until, 'until')))
    const ofTag = windows.get(id)
    if (ofTag === undefined) windows.set(id, [one])
    else ofTag.push(one)
  }
  return new Map([...windows].map(([tag, ofTag]) => [tag, merged(ofTag)]))
}

/** Sorted first: a hostile plan must not cost more than it is long. */
function merged(windows: readonly Window[]): Coverage {
  const result: Window[] = []
  for (const one of windows.toSorted((a, b) => (a.from < b.from ? -1 : 1))) {
    const last = result.at(-1)
    if (last === undefined || one.from > last.until) result.push(one)
    else if (one.until > last.until) result[result.length - 1] = { from: last.from, until: one.until }
  }
  return result
}

function fieldsOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new RangeError(`${what} is not an object`)
}

function textFrom(value: unknown, name: string): string {
  if (typeof value === 'string') return value
  throw new RangeError(`${name} of a window is not text`)
}

function readBounded(file: string): string {
  try {
    const found = statSync(file)
    // A device may have no end.
    if (!found.isFile()) throw new RangeError('it is no ordinary file')
    const { size } = found
    if (size > FILE_BYTES_MAX) throw new RangeError(`it has ${size} bytes, more than ${FILE_BYTES_MAX}`)
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new BanyanError('BANYAN_FILE', `cannot read ${file}: ${messageOf(error)}`, {
      hint: 'Name the file of a repair plan, or of a report as JSON.',
      context: { file },
      cause: error,
    })
  }
}
