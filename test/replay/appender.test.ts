import { describe, expect, it } from 'vitest'
import { BanyanError } from '../../src/domain/errors.ts'
import { ticks } from '../../src/domain/ticks.ts'
import type { AppendEntry, LogWriter } from '../../src/log/log.ts'
import { Appender, type AppenderOptions } from '../../src/replay/appender.ts'
import { silentLogger } from '../../src/telemetry/logger.ts'
import { MemoryLog } from '../harness/memory-log.ts'
import { samplesAt, testTag } from '../harness/memory-source.ts'

const never = new AbortController().signal

function entry(id: number): AppendEntry {
  const covers = { from: ticks(0n), until: ticks(10n) }
  return { tag: testTag(id).id, source: 'pi-web-api', covers, samples: samplesAt([1n, 2n]) }
}

function open(log: MemoryLog, options: Partial<AppenderOptions> = {}, signal = never): Promise<Appender> {
  const defaults = {
    logger: silentLogger,
    outageMs: 600_000,
    assertMayWrite: () => undefined,
    onAppended: () => undefined,
  }
  return Appender.open({ log, ...defaults, ...options }, signal)
}

describe('appender', () => {
  it('appends what is missing of a batch whose first attempt left a part of it durable', async () => {
    const log = new MemoryLog()
    const openWriter = log.openWriter.bind(log)
    let opened = 0
    // As without transactions: the answer to the second of several checkpoint sends is lost.
    log.openWriter = async (shard): Promise<LogWriter> => {
      const writer = await openWriter(shard)
      opened += 1
      if (opened > 1) return writer
      const append = async (batch: readonly AppendEntry[]): Promise<never> => {
        await writer.append(batch.slice(0, 1))
        throw new BanyanError('BANYAN_LOG_UNAVAILABLE', 'cut', { retryable: true })
      }
      return { ...writer, append }
    }
    const appender = await open(log)
    const tickets = await Promise.all([1, 2, 3].map((id) => appender.put(entry(id), never)))
    await Promise.all(tickets.map((ticket) => ticket.durable))
    await appender.close()
    expect(opened).toBe(2)
    expect(log.allRecords()).toHaveLength(6)
    for (const id of [1, 2, 3]) expect(log.coverageOf(testTag(id).id)?.samples).toBe(2)
  })

  it('opens no writer and appends nothing once another process may write', async () => {
    const log = new MemoryLog()
    const lost = new BanyanError('BANYAN_LEASE_LOST', 'taken over')
    let mayWrite = true
    const appender = await open(log, {
      assertMayWrite: () => {
        if (!mayWrite) throw lost
      },
    })
    // The append fails for a passing reason, and meanwhile the successor has become the writer.
    log.nextFault = () => {
      mayWrite = false
      return 'refused'
    }
    const ticket = await appender.put(entry(1), never)
    await expect(ticket.durable).rejects.toBe(lost)
    log.nextFault = () => undefined
    const successor = await log.openWriter(0)
    await expect(appender.close()).rejects.toBe(lost)
    await successor.append([entry(1)])
    expect(log.allRecords()).toHaveLength(2)
  })

  it('appends what is queued when asked to stop, and does not wait for a log that is away', async () => {
    const log = new MemoryLog()
    const stop = new AbortController()
    const appender = await open(log, {}, stop.signal)
    const reason = new Error('stop')
    const first = await appender.put(entry(1), never)
    stop.abort(reason)
    await first.durable
    log.down = true
    const second = await appender.put(entry(2), never)
    await expect(second.durable).rejects.toBe(reason)
    await expect(appender.close()).rejects.toBe(reason)
    expect(log.allRecords()).toHaveLength(2)
  })

  it('gives up waiting for a log that is away as soon as it is asked to stop', async () => {
    const log = new MemoryLog()
    const stop = new AbortController()
    const appender = await open(log, {}, stop.signal)
    log.nextFault = () => {
      log.down = true
      queueMicrotask(() => {
        stop.abort(new Error('stop'))
      })
      return 'refused'
    }
    const ticket = await appender.put(entry(1), never)
    await expect(ticket.durable).rejects.toThrow('stop')
    await expect(appender.close()).rejects.toThrow('stop')
  })
})
