import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { BanyanError, isBanyanError } from '../../src/domain/errors.ts'
import { ticks } from '../../src/domain/ticks.ts'
import type { AmendEntry, AppendEntry, Correction, LogWriter } from '../../src/log/log.ts'
import { Appender } from '../../src/replay/appender.ts'
import type { AppenderOptions } from '../../src/replay/shard-appender.ts'
import { type Logger, silentLogger } from '../../src/telemetry/logger.ts'
import { type AppendFault, MemoryLog } from '../harness/memory-log.ts'
import { samplesAt, testTag } from '../harness/memory-source.ts'

const never = new AbortController().signal

function entry(id: number): AppendEntry {
  const covers = { from: ticks(0n), until: ticks(10n) }
  return { tag: testTag(id).id, source: 'pi-web-api', covers, samples: samplesAt([1n, 2n]) }
}

/** Inside what `entry` covers: an edit of its first sample. */
function amendment(id: number, after: number): AmendEntry {
  const [first] = samplesAt([1n])
  const edit: Correction = { sample: first!, rev: after + 1, op: 'put', before: first! }
  return { kind: 'amend', tag: testTag(id).id, source: 'pi-web-api', after, corrections: [edit] }
}

/** The faults of the first appends, one after the other. */
function withFaults(log: MemoryLog, faults: readonly (AppendFault | undefined)[]): void {
  const left = [...faults]
  log.nextFault = () => left.shift()
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

describe('appender that gave up', () => {
  it('says so at once, and what for as long as it is asked', async () => {
    const log = new MemoryLog()
    const lost = new BanyanError('BANYAN_LOG_UNAVAILABLE', 'not for this account')
    const appender = await open(log)
    expect(appender.gaveUp.aborted).toBe(false)
    vi.spyOn(log, 'openWriter').mockRejectedValue(lost)
    withFaults(log, ['refused'])
    const ticket = await appender.put(entry(1), never)
    await expect(ticket.durable).rejects.toBe(lost)
    expect(appender.trouble()).toMatchObject({ code: 'BANYAN_LOG_UNAVAILABLE', message: 'not for this account' })
    await vi.waitFor(() => {
      expect(appender.gaveUp.reason).toBe(lost)
    })
    await expect(appender.put(entry(2), never)).rejects.toBe(lost)
    expect(appender.trouble()).toBeDefined()
    await expect(appender.close()).rejects.toBe(lost)
  })

  it('is not what an orderly end is', async () => {
    const appender = await open(new MemoryLog())
    await (
      await appender.put(entry(1), never)
    ).durable
    await appender.close()
    expect(appender.gaveUp.aborted).toBe(false)
    expect(appender.trouble()).toBeUndefined()
  })
})

describe('appender of places', () => {
  it.each<[string, AppendFault[]]>([
    ['refused', ['refused', 'refused']],
    ['durable, and the answer lost', ['answer-lost']],
  ])('says the first place of a tag, and no later one, when the append was %s', async (_name, faults) => {
    const log = new MemoryLog()
    withFaults(log, faults)
    const appender = await open(log)
    const { id: tag } = testTag(1)
    const places = [5n, 7n].map((at): AppendEntry => ({ kind: 'place', tag, liveFrom: ticks(at) }))
    const tickets = await Promise.all([...places, entry(1)].map((each) => appender.put(each, never)))
    await Promise.all(tickets.map(({ durable }) => durable))
    await appender.close()
    expect(log.coverageOf(tag)).toMatchObject({ liveFrom: ticks(5n), samples: 2 })
  })
})

describe('appender of amendments', () => {
  it('appends each once, in order, whatever is lost, refused or stale around it', async () => {
    const TAGS = [1, 2]
    const anyAmendment = fc.record({ id: fc.constantFrom(...TAGS), after: fc.nat(3) })
    const anyFault = fc.constantFrom<AppendFault | undefined>('answer-lost', 'refused', undefined)
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyAmendment, { maxLength: 12 }),
        fc.array(anyFault, { maxLength: 4 }),
        fc.array(fc.integer({ min: 3, max: 6 }), { maxLength: 2 }),
        async (amendments, faults, tooLarge) => {
          const log = new MemoryLog()
          const writer = await log.openWriter(0)
          await writer.append(TAGS.map(entry))
          withFaults(log, faults)
          log.refuses = ({ tag }) => tooLarge.some((id) => testTag(id).id === tag)
          const appender = await open(log)

          const durable = new Map(TAGS.map((id) => [id, 0]))
          const expected: string[] = []
          const outcomes: Promise<string>[] = []
          const put = async (each: AppendEntry, outcome: string): Promise<void> => {
            expected.push(outcome)
            const { durable: done } = await appender.put(each, never)
            outcomes.push(done.then(() => 'durable').catch(codeOf))
          }
          for (const id of [3, 4]) await put(entry(id), tooLarge.includes(id) ? 'BANYAN_LOG_REJECTED' : 'durable')
          for (const { id, after } of amendments) {
            const isNext = after === durable.get(id)
            if (isNext) durable.set(id, after + 1)
            await put(amendment(id, after), isNext ? 'durable' : 'BANYAN_LOG_STALE')
          }
          for (const id of [5, 6]) await put(entry(id), tooLarge.includes(id) ? 'BANYAN_LOG_REJECTED' : 'durable')
          await appender.close()

          expect(await Promise.all(outcomes)).toEqual(expected)
          for (const id of TAGS) {
            const count = durable.get(id)!
            const revs = log.allRecords().filter(({ record }) => record.tag === testTag(id).id && record.rev > 0)
            expect(revs.map(({ record }) => record.rev)).toEqual(Array.from({ length: count }, (_, n) => n + 1))
            expect(log.coverageOf(testTag(id).id)).toMatchObject({ amendments: count, samples: 2 })
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  it('rejects what is stale without opening another writer', async () => {
    const log = new MemoryLog()
    const openWriter = vi.spyOn(log, 'openWriter')
    const appender = await open(log)
    const tickets = await Promise.all(
      [entry(1), amendment(1, 0), amendment(1, 0), entry(2)].map((each) => appender.put(each, never)),
    )
    await appender.close()
    const outcomes = await Promise.allSettled(tickets.map((ticket) => ticket.durable))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
    expect(openWriter).toHaveBeenCalledTimes(1)
  })

  it('does not take what was stale before it was tried for what it appended itself', async () => {
    const log = new MemoryLog()
    await (await log.openWriter(0)).append([entry(1), amendment(1, 0)])
    log.refuses = ({ tag }) => tag === testTag(2).id
    const appender = await open(log)
    // The refusal costs the writer: the next one is opened for the stale entry.
    const refused = await appender.put(entry(2), never)
    await expect(refused.durable).rejects.toMatchObject({ code: 'BANYAN_LOG_REJECTED' })
    const stale = await appender.put(amendment(1, 0), never)
    await expect(stale.durable).rejects.toMatchObject({ code: 'BANYAN_LOG_STALE' })
    await appender.close()
  })

  it('ends when the log has forgotten an amendment it held', async () => {
    const log = new MemoryLog()
    await (await log.openWriter(0)).append([entry(1), amendment(1, 0)])
    const appender = await open(log)
    const older = new MemoryLog()
    await (await older.openWriter(0)).append([entry(1)])
    log.nextFault = () => {
      log.openWriter = older.openWriter.bind(older)
      return 'refused'
    }
    const ticket = await appender.put(amendment(1, 1), never)
    await expect(ticket.durable).rejects.toMatchObject({ code: 'BANYAN_LOG_CORRUPT' })
    await expect(appender.close()).rejects.toMatchObject({ code: 'BANYAN_LOG_CORRUPT' })
  })
})

describe('appender while the log is away', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  it('waits without end when told to, says what for, and says it no more when it is over', async () => {
    const log = new MemoryLog()
    const appender = await open(log, { outageMs: Infinity })
    expect(appender.trouble()).toBeUndefined()
    expect(appender.isBusy()).toBe(false)
    const sinceMs = Date.now()
    log.down = true
    const ticket = await appender.put(entry(1), never)
    await vi.waitFor(() => {
      expect(appender.trouble()).toMatchObject({ code: 'BANYAN_LOG_UNAVAILABLE', message: 'refused' })
    })
    expect(appender.trouble()!.sinceMs).toBeGreaterThanOrEqual(sinceMs)
    vi.spyOn(Date, 'now').mockReturnValue(sinceMs + 365 * 86_400_000)
    await vi.waitFor(() => {
      expect(appender.trouble()).toMatchObject({ message: 'log is down' })
    })
    expect(appender.isBusy()).toBe(true)
    log.down = false
    await ticket.durable
    expect(appender.trouble()).toBeUndefined()
    await appender.close()
    expect(appender.isBusy()).toBe(false)
  })

  it('warns once for each kind of failure, and notes the end', async () => {
    const log = new MemoryLog()
    const lines: string[] = []
    const logger = {
      ...silentLogger,
      warn: (_facts: object, what: string) => lines.push(`warn ${what}`),
      info: (_facts: object, what: string) => lines.push(`info ${what}`),
    } as unknown as Logger
    withFaults(log, ['refused', 'refused', 'answer-lost'])
    const appender = await open(log, { logger })
    await appender.put(entry(1), never)
    await appender.close()
    expect(lines).toEqual(['warn append failed, writer will be reopened', 'info log takes appends again'])
  })
})

function codeOf(error: unknown): string {
  return isBanyanError(error) ? error.code : String(error)
}
