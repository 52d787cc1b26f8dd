/**
 * A plant under load: a simulated historian in a process of its own, whose tags send at a steady rate. Deterministic
 * but for the time of day. Takes orders over the channel to the process that started it.
 */
import type { Historian } from '../../src/simulator/historian.ts'
import { createSimulator } from '../../src/simulator/simulator.ts'
import type { PlantOrder, PlantSize, PlantState } from './plant-orders.ts'

const TICKS_PER_MS = 10_000n
const TICKS_PER_SECOND = 10_000_000n
/** As evenly as an interface that gathers for a moment. */
const SEND_EVERY_MS = 100
const NEWEST_HISTORY_MS = 60_000n

const size = JSON.parse(process.argv[2] ?? '{}') as PlantSize
const now = BigInt(Date.now()) * TICKS_PER_MS
const simulator = createSimulator({ scenario: 'empty', now })
const { historian } = simulator
const points = Array.from({ length: size.tags }, (_, i) => {
  const name = `LOAD${String(i + 1).padStart(6, '0')}`
  return historian.createPoint({ name, pointType: 'Float32', pointSource: 'LOAD' }).id
})
fillHistory(historian, size)
historian.clock.run(1)
const { url } = await simulator.listen()

let live = { since: historian.clock.now(), perSecond: 0, sent: 0 }
let sentBefore = 0
setInterval(send, SEND_EVERY_MS)
process.on('message', (order: PlantOrder) => {
  if (order.do === 'live') {
    send()
    sentBefore += live.sent
    historian.clock.run(order.rate)
    live = { since: historian.clock.now(), perSecond: order.perSecond, sent: 0 }
  }
  process.send?.(state())
})
process.on('disconnect', () => process.exit())
process.send?.(state())

function state(): PlantState {
  const { requests, byRoute, rows, writes } = simulator.counters()
  return { url, sent: sentBefore + live.sent, requests, byRoute, rows, writes }
}

/** What is due by now, each at its own time. */
function send(): void {
  const { since, perSecond } = live
  const due = Number(((historian.clock.now() - since) * BigInt(perSecond)) / TICKS_PER_SECOND)
  for (; live.sent < due; live.sent++) {
    const at = since + (BigInt(live.sent) * TICKS_PER_SECOND) / BigInt(perSecond)
    historian.write(points[(sentBefore + live.sent) % points.length] ?? 0, at, valueOf(live.sent))
  }
}

function fillHistory(into: Historian, { historySamples, historyEverySeconds }: PlantSize): void {
  const newest = now - NEWEST_HISTORY_MS * TICKS_PER_MS
  for (const id of points) {
    for (let i = historySamples - 1; i >= 0; i--) {
      into.insert(id, newest - BigInt(i * historyEverySeconds) * TICKS_PER_SECOND, valueOf(id + i))
    }
  }
}

/** An eighth apart, so that every value is one of 32 bits. */
function valueOf(i: number): number {
  return (i % 8000) / 8
}
