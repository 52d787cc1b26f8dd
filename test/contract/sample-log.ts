/**
 * The contract of SampleLog (src/log/log.ts), run against every adapter. One named list of promises; an adapter says
 * only how to make an empty target and how another process would open it.
 */
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { covers } from '../../src/domain/coverage.ts'
import type { TagId } from '../../src/domain/tag-id.ts'
import type { Failpoint } from '../../src/util/failpoint.ts'
import {
  type AppendEntry,
  type CoverEntry,
  type LoggedRecord,
  type LogPosition,
  type SampleLog,
  SIDE_TOPICS,
  type SideRecord,
  type SideTopic,
} from '../../src/log/log.ts'
import { partitionOf } from '../../src/log/partitioner.ts'
import {
  CRASH_BATCH,
  type CrashBatch,
  emptyEntry,
  second,
  secondsEntry,
  tagNamed,
  unusualEntry,
} from '../log/build-samples.ts'

export interface LogTarget {
  /** A log on the target, as a process of its own would open it. Not created yet when the target is new. */
  open(): SampleLog
  /** The current record of every key of a side topic, read without Banyan. */
  sideRecords?(topic: SideTopic): Promise<Map<string, string>>
  /** Runs a process that opens the writer of shard 0, appends a crash batch and is killed (-9) at the failpoint. */
  appendAndDie?(at: Failpoint, batch: CrashBatch): Promise<void>
  /** Removes the target; every log opened on it is closed already. */
  remove(): Promise<void>
}

export interface TargetShape {
  readonly partitions: number
  readonly writers: number
}

const PARTITIONS = 4
const never = new AbortController().signal

export function describeSampleLog(adapter: string, newTarget: (shape: TargetShape) => Promise<LogTarget>): void {
  describe(`${adapter} keeps the contract of SampleLog`, () => {
    let target: LogTarget
    let log: SampleLog
    let opened: SampleLog[]

    function open(): SampleLog {
      const another = target.open()
      opened.push(another)
      return another
    }

    async function start(shape: Partial<TargetShape> = {}): Promise<void> {
      target = await newTarget({ partitions: PARTITIONS, writers: 1, ...shape })
      log = open()
    }

    async function side(topic: SideTopic, from = log, signal = never): Promise<SideRecord[]> {
      const records: SideRecord[] = []
      for await (const record of from.readSide(topic, signal)) records.push(record)
      return records
    }

    /** Everything readable now, by an independent log, checked for the rules that hold for every read. */
    async function readable(): Promise<LoggedRecord[]> {
      const reader = open()
      const until = await reader.end(never)
      return readRange(reader, await reader.begin(never), until)
    }

    async function append(...batch: AppendEntry[]): Promise<void> {
      const writer = await log.openWriter(0, never)
      await writer.append(batch)
      await writer.close()
    }

    async function coverageOf(tag: TagId, shard = 0): Promise<unknown> {
      const writer = await open().openWriter(shard, never)
      await writer.close()
      return writer.tags.get(tag)
    }

    beforeEach(() => {
      opened = []
    })
    afterEach(async () => {
      for (const each of opened) await each.close()
      await target.remove()
    })

    describe('target', () => {
      it('finds out that nothing exists, and changes nothing by looking', async () => {
        await start()
        const plan = { oldest: second(0), newest: second(1) }
        const first = await log.preflight(plan, never)
        expect(first.filter((finding) => finding.missing)).not.toEqual([])
        expect(first.filter((finding) => finding.missing).every((finding) => !finding.ok && finding.hint)).toBe(true)
        expect(await log.preflight(plan, never)).toEqual(first)
      })

      it('creates what is missing, once', async () => {
        await start()
        await log.create(never)
        await append(secondsEntry(tagNamed(1), 0, 5))
        await log.create(never)
        const findings = await log.preflight({ oldest: second(0), newest: second(1) }, never)
        expect(findings.filter((finding) => finding.missing)).toEqual([])
        expect(await readable()).toHaveLength(5)
      })

      it('is empty after its creation', async () => {
        await start()
        await log.create(never)
        expect(await readable()).toEqual([])
        const [begin, end] = [await log.begin(never), await log.end(never)]
        expect([...begin.keys()].toSorted()).toEqual([0, 1, 2, 3])
        expect(end).toEqual(begin)
      })
    })

    describe('append', () => {
      beforeEach(async () => {
        await start()
        await log.create(never)
      })

      it('makes the samples readable and says truly where they are', async () => {
        const batch = [
          secondsEntry(tagNamed(1), 0, 20),
          secondsEntry(tagNamed(2), 5, 6),
          secondsEntry(tagNamed(3), 0, 9),
        ]
        const writer = await log.openWriter(0, never)
        const { entries } = await writer.append(batch)
        expect(entries.map((entry) => entry.tag)).toEqual(batch.map((entry) => entry.tag))
        for (const [index, { tag, partition, firstOffset, lastOffset }] of entries.entries()) {
          expect(partition).toBe(partitionOf(tag, PARTITIONS))
          const range = await readRange(
            log,
            new Map([[partition, firstOffset]]),
            new Map([[partition, lastOffset + 1n]]),
          )
          expect(range.map(({ record }) => record)).toEqual(recordsOf(batch[index]!))
        }
      })

      it('keeps the samples of a tag in order over many appends', async () => {
        const writer = await log.openWriter(0, never)
        for (let n = 0; n < 100; n += 10) {
          await writer.append([secondsEntry(tagNamed(1), n, n + 10), secondsEntry(tagNamed(2), n, n + 10)])
        }
        for (const tag of [tagNamed(1), tagNamed(2)]) {
          expect(recordsOfTag(await readable(), tag)).toEqual(recordsOf(secondsEntry(tag, 0, 100)))
        }
      })

      it('carries every kind of value unchanged', async () => {
        const entry = unusualEntry(tagNamed('Ünusual/ 漢 "tag"'))
        await append(entry)
        expect((await readable()).map(({ record }) => record)).toEqual(recordsOf(entry))
      })

      it('carries samples from before 1970 and of the far future', async () => {
        const entry = secondsEntry(tagNamed(1), -2_000_000_000, -1_999_999_990)
        const future = secondsEntry(tagNamed(1), 400_000_000, 400_000_010)
        await append(entry, future)
        expect((await readable()).map(({ record }) => record)).toEqual([...recordsOf(entry), ...recordsOf(future)])
      })

      it('takes a batch of many thousands', async () => {
        const batch = [1, 2, 3, 4, 5].map((n) => secondsEntry(tagNamed(n), 0, 5_000))
        await append(...batch)
        const records = await readable()
        expect(records).toHaveLength(25_000)
        for (const entry of batch) expect(recordsOfTag(records, entry.tag)).toEqual(recordsOf(entry))
      })

      it('takes a batch without entries', async () => {
        const writer = await log.openWriter(0, never)
        expect(await writer.append([])).toEqual({ entries: [] })
        expect(await readable()).toEqual([])
      })
    })

    describe('coverage', () => {
      beforeEach(async () => {
        await start()
        await log.create(never)
      })

      it('is what was appended, in this writer and after opening again', async () => {
        const tag = tagNamed(1)
        const writer = await log.openWriter(0, never)
        expect(writer.tags.size).toBe(0)
        await writer.append([secondsEntry(tag, 50, 60)])
        await writer.append([secondsEntry(tag, 0, 10), secondsEntry(tag, 60, 65)])
        const progress = {
          covered: [
            { from: second(0), until: second(10) },
            { from: second(50), until: second(65) },
          ],
          samples: 25,
          amendments: 0,
        }
        expect(writer.tags.get(tag)).toEqual(progress)
        await writer.close()
        expect(await coverageOf(tag)).toEqual(progress)
      })

      it('grows by entries without samples, which have no receipt', async () => {
        const tag = tagNamed(1)
        const writer = await log.openWriter(0, never)
        expect(await writer.append([emptyEntry(tag, 0, 10)])).toEqual({ entries: [] })
        await writer.close()
        expect(await coverageOf(tag)).toEqual({
          covered: [secondsOf(0, 10)],
          samples: 0,
          amendments: 0,
        })
        expect(await readable()).toEqual([])
      })

      it.each<[string, AppendEntry[]]>([
        ['overlaps what is covered', [secondsEntry(tagNamed(1), 9, 12)]],
        ['repeats what is covered', [secondsEntry(tagNamed(1), 0, 10)]],
        ['lies inside what is covered, without samples', [emptyEntry(tagNamed(1), 3, 4)]],
        ['overlaps another entry', [secondsEntry(tagNamed(2), 0, 10), secondsEntry(tagNamed(2), 5, 15)]],
        ['has a sample behind its window', [{ ...secondsEntry(tagNamed(2), 0, 10), covers: secondsOf(0, 9) }]],
        ['has a sample before its window', [{ ...secondsEntry(tagNamed(2), 0, 10), covers: secondsOf(1, 10) }]],
        ['has samples out of order', [reversed(secondsEntry(tagNamed(2), 0, 10))]],
        ['has the same place twice', [doubled(secondsEntry(tagNamed(2), 0, 10))]],
        ['covers nothing', [emptyEntry(tagNamed(2), 5, 5)]],
      ])('refuses a batch whose entry %s, writes nothing of it, and stays usable', async (_, bad) => {
        await append(secondsEntry(tagNamed(1), 0, 10))
        const before = await readable()
        const writer = await log.openWriter(0, never)
        await expect(writer.append([secondsEntry(tagNamed(3), 0, 10), ...bad])).rejects.toMatchObject({
          code: 'BANYAN_INTERNAL',
        })
        expect(await readable()).toEqual(before)
        await writer.append([secondsEntry(tagNamed(4), 0, 3)])
        await writer.close()
        expect(await readable()).toHaveLength(before.length + 3)
        expect(await coverageOf(tagNamed(3))).toBeUndefined()
        expect(await coverageOf(tagNamed(1))).toMatchObject({ samples: 10 })
      })

      it('lets the neighbours of what is covered in', async () => {
        await append(secondsEntry(tagNamed(1), 10, 20))
        await append(secondsEntry(tagNamed(1), 0, 10), secondsEntry(tagNamed(1), 20, 30))
        expect(await coverageOf(tagNamed(1))).toMatchObject({ covered: [secondsOf(0, 30)], samples: 30 })
      })
    })

    describe('writer', () => {
      beforeEach(async () => {
        await start()
        await log.create(never)
      })

      it('is spent once an append failed', async () => {
        const writer = await log.openWriter(0, never)
        const entry = secondsEntry(tagNamed(1), 0, 5)
        const unfit = { ...entry, samples: [{ ...entry.samples[0]!, type: 'int8' as const, value: 1_000 }] }
        await expect(writer.append([unfit])).rejects.toMatchObject({ code: 'BANYAN_LOG_REJECTED' })
        await expect(writer.append([entry])).rejects.toMatchObject({ code: 'BANYAN_INTERNAL' })
        await writer.close()
        expect(await readable()).toEqual([])
      })

      it('closes twice, and appends no more', async () => {
        const writer = await log.openWriter(0, never)
        await writer.close()
        await writer.close()
        await expect(writer.append([secondsEntry(tagNamed(1), 0, 5)])).rejects.toThrow()
        expect(await readable()).toEqual([])
      })

      it('is fenced by its successor, which knows all it made durable', async () => {
        const old = await log.openWriter(0, never)
        await old.append([secondsEntry(tagNamed(1), 0, 10)])
        const successor = await open().openWriter(0, never)
        expect(successor.tags.get(tagNamed(1))).toMatchObject({ covered: [secondsOf(0, 10)], samples: 10 })
        await expect(old.append([secondsEntry(tagNamed(1), 10, 20)])).rejects.toMatchObject({
          code: 'BANYAN_LOG_FENCED',
        })
        await old.close()
        await successor.append([secondsEntry(tagNamed(1), 10, 20)])
        await successor.close()
        expect((await readable()).map(({ record }) => record)).toEqual(recordsOf(secondsEntry(tagNamed(1), 0, 20)))
      })
    })

    describe('shards', () => {
      beforeEach(async () => {
        await start({ writers: 2 })
        await log.create(never)
      })

      it('split the tags between them, each with its own coverage', async () => {
        const tags = Array.from({ length: 40 }, (_, n) => tagNamed(n))
        const writers = [await log.openWriter(0, never), await log.openWriter(1, never)]
        for (const tag of tags) await writers[log.shardOf(tag)]!.append([secondsEntry(tag, 0, 3)])
        const reopened = [await open().openWriter(0, never), await open().openWriter(1, never)]
        for (const [shard, writer] of reopened.entries()) {
          const own = tags.filter((tag) => log.shardOf(tag) === shard)
          expect(own).not.toEqual([])
          expect([...writer.tags.keys()].toSorted()).toEqual(own.toSorted())
        }
        for (const writer of [...writers, ...reopened]) await writer.close()
        expect(await readable()).toHaveLength(120)
      })

      it('are fenced one by one', async () => {
        const tags = Array.from({ length: 40 }, (_, n) => tagNamed(n))
        const [first, other] = [
          tags.find((tag) => log.shardOf(tag) === 0)!,
          tags.find((tag) => log.shardOf(tag) === 1)!,
        ]
        const [zero, one] = [await log.openWriter(0, never), await log.openWriter(1, never)]
        const successor = await open().openWriter(0, never)
        await one.append([secondsEntry(other, 0, 3)])
        await expect(zero.append([secondsEntry(first, 0, 3)])).rejects.toMatchObject({ code: 'BANYAN_LOG_FENCED' })
        for (const writer of [zero, one, successor]) await writer.close()
      })

      it('refuse a tag of another shard', async () => {
        const tags = Array.from({ length: 40 }, (_, n) => tagNamed(n))
        const foreign = tags.find((tag) => log.shardOf(tag) === 1)!
        const writer = await log.openWriter(0, never)
        await expect(writer.append([secondsEntry(foreign, 0, 3)])).rejects.toMatchObject({ code: 'BANYAN_INTERNAL' })
        await writer.close()
        expect(await readable()).toEqual([])
      })
    })

    describe('reading', () => {
      const tags = [1, 2, 3, 4, 5, 6].map(tagNamed)

      beforeEach(async () => {
        await start()
        await log.create(never)
        const writer = await log.openWriter(0, never)
        for (let n = 0; n < 60; n += 20) await writer.append(tags.map((tag) => secondsEntry(tag, n, n + 20)))
        await writer.close()
      })

      it('goes on at any position, without a gap or a repeat', async () => {
        const reader = open()
        const [begin, end] = [await reader.begin(never), await reader.end(never)]
        const whole = await readRange(reader, begin, end)
        expect(whole).toHaveLength(360)
        const anywhere = fc.record({ 0: fc.nat(1000), 1: fc.nat(1000), 2: fc.nat(1000), 3: fc.nat(1000) })
        await fc.assert(
          fc.asyncProperty(anywhere, async (parts) => {
            const split = new Map(
              Object.entries(parts).map(([partition, part]) => {
                const [from, until] = [begin.get(Number(partition))!, end.get(Number(partition))!]
                return [Number(partition), from + ((until - from) * BigInt(part)) / 1000n]
              }),
            )
            const pieces = [...(await readRange(reader, begin, split)), ...(await readRange(reader, split, end))]
            expect(keysOf(pieces).toSorted()).toEqual(keysOf(whole).toSorted())
          }),
          { numRuns: 10 },
        )
      })

      it('stops at the end it was given, whatever is appended meanwhile', async () => {
        const reader = open()
        const end = await reader.end(never)
        await append(...tags.map((tag) => secondsEntry(tag, 60, 80)))
        expect(await readRange(reader, await reader.begin(never), end)).toHaveLength(360)
        expect(await readRange(reader, end, await reader.end(never))).toHaveLength(120)
      })

      it('reads only the partitions it is asked for, from their start when no position is given', async () => {
        const partition = partitionOf(tags[0]!, PARTITIONS)
        const end = await log.end(never)
        const records = await readRange(log, new Map(), new Map([[partition, end.get(partition)!]]))
        const own = tags.filter((tag) => partitionOf(tag, PARTITIONS) === partition)
        expect(records).toHaveLength(own.length * 60)
      })

      it('has nothing to say about an empty range', async () => {
        const end = await log.end(never)
        expect(await readRange(log, end, end)).toEqual([])
      })

      it('ends with the signal, in the middle too', async () => {
        const controller = new AbortController()
        const reason = new Error('enough')
        const reading = (async (): Promise<number> => {
          let pages = 0
          for await (const page of log.read(new Map(), await log.end(never), controller.signal)) {
            pages += page.records.length > 0 ? 1 : 0
            controller.abort(reason)
          }
          return pages
        })()
        await expect(reading).rejects.toBe(reason)
      })
    })

    it('obeys a signal that was aborted before the call', async () => {
      await start()
      await log.create(never)
      const reason = new Error('stopped by the user')
      const signal = AbortSignal.abort(reason)
      await expect(log.openWriter(0, signal)).rejects.toBe(reason)
      await expect(log.begin(signal)).rejects.toBe(reason)
      await expect(log.end(signal)).rejects.toBe(reason)
      await expect(log.publish('tags', [{ key: 'a', value: '{}' }], signal)).rejects.toBe(reason)
      await expect(side('tags', log, signal)).rejects.toBe(reason)
      await expect(log.preflight({ oldest: second(0), newest: second(1) }, signal)).rejects.toBe(reason)
    })

    it('says so when the target was never created', async () => {
      await start()
      await expect(log.openWriter(0, never)).rejects.toMatchObject({
        code: expect.stringMatching(/^BANYAN_LOG_/) as string,
      })
    })

    it('publishes side records, the last one per key counts', async ({ skip }) => {
      await start()
      await log.create(never)
      await log.publish('tags', [{ key: 'pi-north/1', value: '{"v":1,"name":"old"}' }], never)
      await log.publish(
        'tags',
        [
          { key: 'pi-north/2', value: '{"v":1,"name":"Ü"}' },
          { key: 'pi-north/1', value: '{"v":1,"name":"new"}' },
        ],
        never,
      )
      await log.publish('tags', [], never)
      if (target.sideRecords === undefined) return skip('this adapter has no other way to read side records')
      expect(await target.sideRecords('tags')).toEqual(
        new Map([
          ['pi-north/1', '{"v":1,"name":"new"}'],
          ['pi-north/2', '{"v":1,"name":"Ü"}'],
        ]),
      )
    })

    it('reads back what was published, the records of a key in order, and of each topic only its own', async () => {
      await start()
      await log.create(never)
      for (const topic of SIDE_TOPICS) expect(await side(topic)).toEqual([])
      await log.publish('routing', [{ key: 'boiler', value: '{"version":1}' }], never)
      await log.publish('tags', [{ key: 'pi-north/1', value: '{"v":1,"name":"Ü"}' }], never)
      await log.publish('routing', [{ key: 'press', value: '{"version":1}' }], never)
      await log.publish('routing', [{ key: 'boiler', value: '{"version":2}' }], never)

      const current = new Map((await side('routing')).map(({ key, value }) => [key, value]))
      expect(current).toEqual(
        new Map([
          ['boiler', '{"version":2}'],
          ['press', '{"version":1}'],
        ]),
      )
      expect(await side('tags')).toEqual([{ key: 'pi-north/1', value: '{"v":1,"name":"Ü"}' }])
      expect(await side('audit')).toEqual([])
    })

    it('keeps every audit record in the order of publication, also one published twice', async () => {
      await start()
      await log.create(never)
      const events = Array.from({ length: 2_500 }, (_, i) => ({ key: `w${i % 3}`, value: `{"seq":${i + 1}}` }))
      await log.publish('audit', events.slice(0, 1), never)
      await log.publish('audit', events, never)
      expect(await side('audit')).toEqual([events[0], ...events])
      await log.close()
      log = open()
      expect(await side('audit')).toHaveLength(2_501)
    })

    it('reads side records of any size, and only those published before', async () => {
      await start()
      await log.create(never)
      const large = Array.from({ length: 8 }, (_, i) => ({
        key: `w${i}`,
        value: JSON.stringify('x'.repeat(850_000 + i)),
      }))
      await log.publish('audit', large, never)
      const read: SideRecord[] = []
      for await (const record of log.readSide('audit', never)) {
        read.push(record)
        await log.publish('audit', [{ key: 'later', value: '{}' }], never)
      }
      expect(read).toEqual(large)
    })

    it('closes twice', async () => {
      await start()
      await log.create(never)
      await log.close()
      await log.close()
    })

    describe('a process killed in the middle of an append', () => {
      it.for<[Failpoint, 'nothing' | 'everything']>([
        ['append-begun', 'nothing'],
        ['data-sent', 'nothing'],
        ['checkpoint-sent', 'nothing'],
        ['append-committed', 'everything'],
      ])('at %s leaves %s, and its successor ends with each sample once', async ([failpoint, left], { skip }) => {
        await start()
        if (target.appendAndDie === undefined) return skip('this adapter has no process to kill')
        await log.create(never)
        await append(secondsEntry(tagNamed('crash-a'), 0, 100))
        await target.appendAndDie(failpoint, 'samples')

        const writer = await log.openWriter(0, never)
        const missing = CRASH_BATCH.filter(
          ({ tag, covers: window }) => !covers(writer.tags.get(tag)?.covered ?? [], window),
        )
        expect(missing).toHaveLength(left === 'nothing' ? CRASH_BATCH.length : 0)
        expect(await readable()).toHaveLength(left === 'nothing' ? 100 : 410)
        if (missing.length > 0) await writer.append(missing)
        await writer.close()

        const records = await readable()
        expect(recordsOfTag(records, tagNamed('crash-a'))).toEqual(recordsOf(secondsEntry(tagNamed('crash-a'), 0, 400)))
        expect(recordsOfTag(records, tagNamed('crash-c'))).toEqual(
          recordsOf(secondsEntry(tagNamed('crash-c'), 100, 110)),
        )
        expect(records).toHaveLength(410)
      })
    })
  })
}

/** Reads a range and checks what holds for every read: offsets ascend within the range and the pages end where asked. */
async function readRange(log: SampleLog, from: LogPosition, until: LogPosition): Promise<LoggedRecord[]> {
  const records: LoggedRecord[] = []
  const reached = new Map<number, bigint>()
  for await (const page of log.read(from, until, never)) {
    let at = reached.get(page.partition) ?? from.get(page.partition) ?? 0n
    for (const each of page.records) {
      expect(each.offset).toBeGreaterThanOrEqual(at)
      expect(partitionOf(each.record.tag, PARTITIONS)).toBe(page.partition)
      at = each.offset + 1n
      records.push(each)
    }
    expect(page.next).toBeGreaterThanOrEqual(at)
    reached.set(page.partition, page.next)
  }
  for (const [partition, end] of until) {
    if (end > (from.get(partition) ?? 0n)) expect(reached.get(partition)).toBe(end)
  }
  return records
}

function recordsOf({ tag, source, samples }: CoverEntry): LoggedRecord['record'][] {
  return samples.map((sample) => ({ tag, sample, rev: 0, op: 'put', source }))
}

function recordsOfTag(records: readonly LoggedRecord[], tag: TagId): LoggedRecord['record'][] {
  return records.filter(({ record }) => record.tag === tag).map(({ record }) => record)
}

/** Within one run a tag and time name a record. */
function keysOf(records: readonly LoggedRecord[]): string[] {
  return records.map(({ record }) => `${record.tag} ${record.sample.ticks.toString()} ${record.sample.ord}`)
}

function secondsOf(from: number, until: number): CoverEntry['covers'] {
  return { from: second(from), until: second(until) }
}

function reversed(entry: CoverEntry): CoverEntry {
  return { ...entry, samples: entry.samples.toReversed() }
}

function doubled(entry: CoverEntry): CoverEntry {
  return { ...entry, samples: entry.samples.flatMap((sample) => [sample, sample]) }
}
