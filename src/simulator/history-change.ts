/** Changes of history and clock as JSON, for tests that drive the simulator from another process. */
import { z } from 'zod'
import type { Historian } from './historian.ts'
import { resolveTime } from './time-string.ts'

const point = z.union([z.string(), z.number().int()])
const at = z.string()
const ord = z.number().int().min(0).default(0)
/** Digital points take the state's number. Blobs and times have no JSON form here. */
const value = z.union([z.number(), z.string(), z.strictObject({ system: z.number().int().min(1).max(4095) })])
const flags = z
  .strictObject({
    good: z.boolean(),
    questionable: z.boolean(),
    substituted: z.boolean(),
    annotated: z.boolean(),
  })
  .partial()
  .default({})

const historyChangeSchema = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('write'), point, at, value, flags }),
  z.strictObject({ op: z.literal('insert'), point, at, value, flags }),
  z.strictObject({ op: z.literal('edit'), point, at, ord, value, flags }),
  z.strictObject({ op: z.literal('delete'), point, at, ord }),
  z.strictObject({ op: z.literal('rename'), point, name: z.string().min(1) }),
  z.strictObject({
    op: z.literal('createPoint'),
    name: z.string().min(1),
    pointType: z.enum(['Float32', 'Float64', 'Int32', 'String']),
  }),
  z.strictObject({ op: z.literal('deletePoint'), point }),
  z.strictObject({ op: z.literal('retype'), point, to: z.enum(['Float32', 'Float64', 'Int32', 'String']) }),
  // The clock, if it is a manual one.
  z.strictObject({ op: z.literal('advance'), ms: z.number().min(0) }),
  z.strictObject({ op: z.literal('stepClock'), ms: z.number() }),
  z.strictObject({ op: z.literal('runClock'), rate: z.number().min(0) }),
])
type HistoryChange = z.infer<typeof historyChangeSchema>

/** Applies them in order and returns how many; none when the list is malformed, those before it when one fails. */
export function applyHistoryChanges(historian: Historian, changes: unknown): number {
  const parsed = z.array(historyChangeSchema).parse(changes)
  for (const change of parsed) apply(historian, change)
  return parsed.length
}

function apply(historian: Historian, change: HistoryChange): void {
  const timeOf = (text: string): bigint => {
    const ticks = resolveTime(text, { now: historian.clock.now() })
    if (ticks === undefined) throw new RangeError(`not a time: ${text.slice(0, 64)}`)
    return ticks
  }
  switch (change.op) {
    case 'write':
      historian.write(change.point, timeOf(change.at), change.value, change.flags)
      return
    case 'insert':
      historian.insert(change.point, timeOf(change.at), change.value, change.flags)
      return
    case 'edit':
      historian.edit(change.point, timeOf(change.at), change.ord, change.value, change.flags)
      return
    case 'delete':
      historian.delete(change.point, timeOf(change.at), change.ord)
      return
    case 'rename':
      historian.renamePoint(change.point, change.name)
      return
    case 'createPoint':
      historian.createPoint({ name: change.name, pointType: change.pointType })
      return
    case 'deletePoint':
      historian.deletePoint(change.point)
      return
    case 'retype':
      historian.retypePoint(change.point, change.to)
      return
    case 'advance':
      historian.clock.advance(change.ms)
      return
    case 'stepClock':
      historian.clock.step(change.ms)
      return
    case 'runClock':
      historian.clock.run(change.rate)
  }
}
