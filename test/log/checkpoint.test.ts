import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addWindows, NOTHING_COVERED } from '../../src/domain/coverage.ts'
import { checkpointKey, decodeCheckpoint, encodeCheckpoint, type Checkpoint } from '../../src/log/checkpoint.ts'
import { anyTicks } from './arbitrary-sample.ts'
import { second, START, tagNamed } from './build-samples.ts'

const PLAIN: Checkpoint = {
  bridge: 'north-site',
  shard: 2,
  tag: tagNamed(12345),
  progress: {
    covered: [
      { from: second(0), until: second(10) },
      { from: second(20), until: second(21) },
    ],
    samples: 11,
    amendments: 0,
    liveFrom: undefined,
  },
  updatedAt: START,
}

function textWith(changes: Record<string, unknown>): string {
  return JSON.stringify({ ...(JSON.parse(encodeCheckpoint(PLAIN)) as object), ...changes })
}

describe('checkpoint codec', () => {
  it('writes what the contract shows', () => {
    expect(encodeCheckpoint(PLAIN)).toBe(
      '{"v":1,"bridge":"north-site","shard":2,"tag":"pi-north/12345",' +
        '"covered":[["2024-05-01T06:00:00.1250305Z","2024-05-01T06:00:10.1250305Z"],' +
        '["2024-05-01T06:00:20.1250305Z","2024-05-01T06:00:21.1250305Z"]],' +
        '"samples":11,"updatedAt":"2024-05-01T06:00:00.1250305Z"}',
    )
    expect(checkpointKey(PLAIN.bridge, PLAIN.tag)).toBe('north-site/pi-north/12345')
  })

  it('writes what came later only where it says something', () => {
    const progress = { ...PLAIN.progress, amendments: 3, liveFrom: second(20) }
    const text = encodeCheckpoint({ ...PLAIN, progress })
    expect(text).toContain('"samples":11,"amendments":3,"liveFrom":"2024-05-01T06:00:20.1250305Z","updatedAt"')
    expect(decodeCheckpoint(text).progress).toEqual(progress)
    expect(decodeCheckpoint(encodeCheckpoint(PLAIN)).progress).toStrictEqual(PLAIN.progress)
  })

  it('gives back every checkpoint', () => {
    const window = fc
      .tuple(anyTicks, anyTicks)
      .filter(([a, b]) => a !== b)
      .map(([a, b]) => (a < b ? { from: a, until: b } : { from: b, until: a }))
    const offsets = fc.array(fc.tuple(fc.nat(), fc.bigInt({ min: 0n, max: 2n ** 62n }))).map((pairs) => new Map(pairs))
    fc.assert(
      fc.property(
        fc.array(window),
        fc.maxSafeNat(),
        anyTicks,
        fc.option(offsets),
        fc.maxSafeNat(),
        fc.option(anyTicks, { nil: undefined }),
        (windows, samples, updatedAt, at, amendments, liveFrom) => {
          const checkpoint: Checkpoint = {
            ...PLAIN,
            progress: { covered: addWindows(NOTHING_COVERED, windows), samples, amendments, liveFrom },
            updatedAt,
            ...(at && { offsets: at }),
          }
          expect(decodeCheckpoint(encodeCheckpoint(checkpoint))).toEqual(checkpoint)
        },
      ),
    )
  })

  it('ignores fields it does not know', () => {
    expect(decodeCheckpoint(textWith({ note: 1 }))).toEqual(PLAIN)
  })

  const [a, b, c] = [second(0), second(10), second(20)].map((at) => JSON.parse(JSON.stringify(formatted(at))) as string)

  it.each<[string, string]>([
    ['no JSON', '{'],
    ['null', 'null'],
    ['another version', textWith({ v: 2 })],
    ['no bridge', textWith({ bridge: '' })],
    ['a negative shard', textWith({ shard: -1 })],
    ['a tag that is none', textWith({ tag: 'x' })],
    ['no coverage', textWith({ covered: undefined })],
    ['an empty window', textWith({ covered: [[a, a]] })],
    ['a reversed window', textWith({ covered: [[b, a]] })],
    [
      'windows that overlap',
      textWith({
        covered: [
          [a, c],
          [b, c],
        ],
      }),
    ],
    [
      'windows that touch',
      textWith({
        covered: [
          [a, b],
          [b, c],
        ],
      }),
    ],
    [
      'windows out of order',
      textWith({
        covered: [
          [b, c],
          [a, b],
        ],
      }),
    ],
    ['half a window', textWith({ covered: [[a]] })],
    ['a window of numbers', textWith({ covered: [[1, 2]] })],
    ['half a sample', textWith({ samples: 0.5 })],
    ['half an amendment', textWith({ amendments: 0.5 })],
    ['negative amendments', textWith({ amendments: -1 })],
    ['amendments that are text', textWith({ amendments: '1' })],
    ['a tail that begins at no time', textWith({ liveFrom: 'now' })],
    ['a tail that begins at null', textWith({ liveFrom: null })],
    ['no time', textWith({ updatedAt: 'now' })],
    ['offsets that are numbers', textWith({ offsets: [[0, 1]] })],
    ['negative offsets', textWith({ offsets: [[0, '-1']] })],
  ])('refuses %s', (_, text) => {
    expect(() => decodeCheckpoint(text)).toThrow(expect.objectContaining({ code: 'BANYAN_LOG_CORRUPT' }) as Error)
  })
})

function formatted(at: Checkpoint['updatedAt']): string {
  return (JSON.parse(encodeCheckpoint({ ...PLAIN, updatedAt: at })) as { updatedAt: string }).updatedAt
}
