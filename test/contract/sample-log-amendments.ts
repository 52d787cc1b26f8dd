/**
 * What SampleLog promises about corrections: an amendment is appended once, whole, and on top of what it was computed
 * from, or not at all. Run against every adapter, like the rest of the contract (sample-log.ts).
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Sample, SampleContent } from '../../src/domain/sample.ts'
import type { TagId } from '../../src/domain/tag-id.ts'
import type { AppendEntry, Correction, LogWriter, SampleLog, TagProgress } from '../../src/log/log.ts'
import type { SampleRecord } from '../../src/log/record.ts'
import type { Failpoint } from '../../src/util/failpoint.ts'
import {
  amendEntry,
  CRASH_AMENDMENT,
  deleted,
  edited,
  emptyEntry,
  late,
  placeEntry,
  second,
  secondsEntry,
  tagNamed,
  unusualEntry,
} from '../log/build-samples.ts'
import type { LogTarget, TargetShape } from './sample-log.ts'

const never = new AbortController().signal
const TAG = tagNamed(1)

export function describeAmendments(adapter: string, newTarget: (shape: TargetShape) => Promise<LogTarget>): void {
  describe(`${adapter} keeps the contract of SampleLog for amendments`, () => {
    let target: LogTarget
    let opened: SampleLog[]
    let writer: LogWriter

    function open(): SampleLog {
      const log = target.open()
      opened.push(log)
      return log
    }

    /** The tag's records as a log opened for this reads them. */
    async function recordsOfTag(tag: TagId): Promise<SampleRecord[]> {
      const log = open()
      const records: SampleRecord[] = []
      for await (const page of log.read(await log.begin(never), await log.end(never), never)) {
        records.push(...page.records.map(({ record }) => record).filter((record) => record.tag === tag))
      }
      return records
    }

    async function reopened(): Promise<LogWriter> {
      await writer.close()
      writer = await open().openWriter(0, never)
      return writer
    }

    beforeEach(async () => {
      opened = []
      target = await newTarget({ partitions: 4, writers: 1 })
      const log = open()
      await log.create(never)
      writer = await log.openWriter(0, never)
    })
    afterEach(async () => {
      await writer.close()
      for (const log of opened) await log.close()
      await target.remove()
    })

    it('reads them back in order, with their revisions and what they supersede', async () => {
      const first = secondsEntry(TAG, 0, 10)
      const amendments = [
        amendEntry(TAG, 0, [edited(3), deleted(4), late(5, 1)]),
        amendEntry(TAG, 1, [edited(3, 2), { ...edited(4, 2), before: deleted(4).before! }, deleted(3, 3)]),
      ]
      await writer.append([first])
      for (const amendment of amendments) await writer.append([amendment])
      expect(await recordsOfTag(TAG)).toEqual([first, ...amendments].flatMap(recordsOf))
    })

    it('says truly where they are', async () => {
      await writer.append([secondsEntry(TAG, 0, 10)])
      const amendment = amendEntry(TAG, 0, [edited(3), late(4, 1)])
      const { entries } = await writer.append([amendment, secondsEntry(tagNamed(2), 0, 5), emptyEntry(TAG, 10, 20)])
      expect(entries.map(({ tag }) => tag)).toEqual([TAG, tagNamed(2)])
      const { partition, firstOffset, lastOffset } = entries[0]!
      const records: SampleRecord[] = []
      const until = new Map([[partition, lastOffset + 1n]])
      for await (const page of open().read(new Map([[partition, firstOffset]]), until, never)) {
        records.push(...page.records.map(({ record }) => record))
      }
      expect(records).toEqual(recordsOf(amendment))
    })

    it('carries every kind of value unchanged, as the new one and as the one before', async () => {
      const first = unusualEntry(TAG)
      const corrections = first.samples.map((sample, n): Correction => {
        const { ticks, ord } = sample
        const other = first.samples[(n + 1) % first.samples.length]!
        return { sample: { ...other, ticks, ord }, rev: 1, op: 'put', before: contentOf(sample) }
      })
      const amendment = { ...amendEntry(TAG, 0, corrections), source: 'opcua' as const }
      await writer.append([first])
      await writer.append([amendment])
      expect(await recordsOfTag(TAG)).toEqual([first, amendment].flatMap(recordsOf))
    })

    it('counts the late samples with the others, and every amendment, also for the next writer', async () => {
      await writer.append([secondsEntry(TAG, 0, 10)])
      await writer.append([amendEntry(TAG, 0, [late(3, 1), late(3, 2), edited(3)])])
      await writer.append([amendEntry(TAG, 1, [deleted(3, 2)])])
      const progress = { covered: [{ from: second(0), until: second(10) }], samples: 12, amendments: 2 }
      expect(writer.tags.get(TAG)).toEqual(progress)
      expect((await reopened()).tags.get(TAG)).toEqual(progress)
    })

    it.each([
      ['is repeated', 1],
      ['knows less than the log', 0],
      ['knows more than the log', 3],
    ])('refuses one that %s, whole, and stays usable', async (_, after) => {
      await writer.append([secondsEntry(TAG, 0, 10)])
      await writer.append([amendEntry(TAG, 0, [edited(3)])])
      await writer.append([amendEntry(TAG, 1, [edited(4)])])
      const before = await recordsOfTag(TAG)
      const batch = [secondsEntry(tagNamed(2), 0, 5), amendEntry(TAG, after, [edited(4)]), secondsEntry(TAG, 10, 20)]
      await expect(writer.append(batch)).rejects.toMatchObject({
        code: 'BANYAN_LOG_STALE',
        retryable: false,
        hint: expect.any(String) as string,
        context: { tag: TAG, after, amendments: 2 },
      })
      expect(await recordsOfTag(TAG)).toEqual(before)
      expect(await recordsOfTag(tagNamed(2))).toEqual([])
      await writer.append([amendEntry(TAG, 2, [edited(5)])])
      expect(await recordsOfTag(TAG)).toHaveLength(before.length + 1)
      const { tags } = await reopened()
      expect(tags.get(TAG)).toMatchObject({ amendments: 3, samples: 10 })
      expect(tags.has(tagNamed(2))).toBe(false)
    })

    it('takes them in one batch with the coverage they lie in, all or nothing', async () => {
      const batch = [secondsEntry(TAG, 0, 10), amendEntry(TAG, 0, [edited(3)]), amendEntry(TAG, 1, [edited(3, 2)])]
      await expect(writer.append([...batch, amendEntry(TAG, 1, [edited(4)])])).rejects.toMatchObject({
        code: 'BANYAN_LOG_STALE',
      })
      expect(await recordsOfTag(TAG)).toEqual([])
      await writer.append(batch)
      expect(await recordsOfTag(TAG)).toEqual(batch.flatMap(recordsOf))
      expect((await reopened()).tags.get(TAG)).toMatchObject({ samples: 10, amendments: 2 })
    })

    it.each<[string, readonly Correction[]]>([
      ['corrects nothing', []],
      ['corrects what is not covered', [edited(3), edited(10)]],
      ['has a late sample that supersedes something', [{ ...late(3, 1), before: edited(3).before! }]],
      ['deletes what was never there', [{ ...late(3, 1), op: 'delete' }]],
      ['does not say what it supersedes', [{ ...late(3, 0), rev: 1 }]],
      ['holds a revision twice', [edited(3), edited(4), { ...deleted(3), rev: 1 }]],
    ])('refuses one that %s, and stays usable', async (_, corrections) => {
      await writer.append([secondsEntry(TAG, 0, 10)])
      await expect(writer.append([amendEntry(TAG, 0, corrections)])).rejects.toMatchObject({ code: 'BANYAN_INTERNAL' })
      expect(await recordsOfTag(TAG)).toHaveLength(10)
      await writer.append([amendEntry(TAG, 0, [edited(3)])])
      expect((await reopened()).tags.get(TAG)).toMatchObject({ amendments: 1 })
    })

    it('refuses one of a writer that has a successor', async () => {
      await writer.append([secondsEntry(TAG, 0, 10)])
      const successor = await open().openWriter(0, never)
      await expect(writer.append([amendEntry(TAG, 0, [edited(3)])])).rejects.toMatchObject({
        code: 'BANYAN_LOG_FENCED',
      })
      await successor.append([amendEntry(TAG, 0, [edited(3)])])
      await successor.close()
      expect(await recordsOfTag(TAG)).toEqual([
        ...recordsOf(secondsEntry(TAG, 0, 10)),
        ...recordsOf(amendEntry(TAG, 0, [edited(3)])),
      ])
    })

    it('keeps where the live tail begins, as first said, for every later writer', async () => {
      const progressOf = async (): Promise<TagProgress | undefined> => (await reopened()).tags.get(TAG)
      await writer.append([secondsEntry(TAG, 0, 10)])
      expect((await progressOf())?.liveFrom).toBeUndefined()
      await writer.append([placeEntry(TAG, second(10)), emptyEntry(TAG, 10, 20)])
      expect(writer.tags.get(TAG)?.liveFrom).toBe(second(10))
      expect((await progressOf())?.liveFrom).toBe(second(10))
      await writer.append([emptyEntry(TAG, 20, 30), emptyEntry(TAG, -10, 0), placeEntry(TAG, second(20))])
      await writer.append([amendEntry(TAG, 0, [edited(3)])])
      expect(await progressOf()).toEqual({
        covered: [{ from: second(-10), until: second(30) }],
        samples: 10,
        amendments: 1,
        liveFrom: second(10),
      })
    })

    it('takes a place for a tag of which it has nothing, which covers nothing and leaves no record', async () => {
      const receipt = await writer.append([placeEntry(TAG, second(10))])
      expect(receipt.entries).toEqual([])
      const placed = { covered: [], samples: 0, amendments: 0, liveFrom: second(10) }
      expect(writer.tags.get(TAG)).toEqual(placed)
      writer = await reopened()
      expect(writer.tags.get(TAG)).toEqual(placed)
      expect(await recordsOfTag(TAG)).toEqual([])
      await writer.append([secondsEntry(TAG, 10, 20)])
      expect((await reopened()).tags.get(TAG)).toMatchObject({ samples: 10, liveFrom: second(10) })
    })

    it.for<[Failpoint, 'nothing' | 'everything']>([
      ['append-begun', 'nothing'],
      ['data-sent', 'nothing'],
      ['checkpoint-sent', 'nothing'],
      ['append-committed', 'everything'],
    ])(
      'whose process is killed at %s leaves %s of it, and its successor ends with it once',
      async (crash, { skip }) => {
        const [failpoint, left] = crash
        if (target.appendAndDie === undefined) return skip('this adapter has no process to kill')
        const tag = tagNamed('crash-a')
        const first = secondsEntry(tag, 0, 100)
        await writer.append([first])
        await writer.close()
        await target.appendAndDie(failpoint, 'amendment')

        const { tags } = await reopened()
        expect(tags.get(tag)?.amendments).toBe(left === 'everything' ? 1 : 0)
        expect(await recordsOfTag(tag)).toHaveLength(left === 'everything' ? 114 : 100)
        if (left === 'nothing') await writer.append(CRASH_AMENDMENT)
        else await expect(writer.append(CRASH_AMENDMENT)).rejects.toMatchObject({ code: 'BANYAN_LOG_STALE' })

        const own = CRASH_AMENDMENT.filter((entry) => entry.tag === tag)
        expect(await recordsOfTag(tag)).toEqual([first, ...own].flatMap(recordsOf))
        expect((await reopened()).tags.get(tag)).toMatchObject({ amendments: 1, samples: 112 })
      },
    )
  })
}

function recordsOf(entry: AppendEntry): SampleRecord[] {
  if (entry.kind === 'place') return []
  const { tag, source } = entry
  return entry.kind === 'amend'
    ? entry.corrections.map(({ sample, rev, op, before }) => ({
        tag,
        sample,
        rev,
        op,
        source,
        ...(before && { before }),
      }))
    : entry.samples.map((sample) => ({ tag, sample, rev: 0, op: 'put', source }))
}

function contentOf({ type, value, status, flags }: Sample): SampleContent {
  return { type, value, status, flags } as SampleContent
}
