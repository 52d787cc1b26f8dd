import { describe, expect, it } from 'vitest'
import { murmur2, partitionOf } from '../../src/log/partitioner.ts'

describe('partitioner', () => {
  // From Apache Kafka's own UtilsTest.testMurmur2.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('hashes %s as Java does', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash)
  })

  it('takes the bytes of UTF-8, not characters', () => {
    expect(murmur2(Buffer.from('Ü/漢', 'utf8'))).not.toBe(murmur2(Buffer.from('Ü/漢', 'latin1')))
    expect(partitionOf('Ü/漢', 1_000)).toBe((murmur2(Buffer.from('Ü/漢', 'utf8')) & 0x7fffffff) % 1_000)
  })

  it('drops the sign as Java does', () => {
    expect(partitionOf('21', 12)).toBe((-973932308 & 0x7fffffff) % 12)
    expect(partitionOf('', 1)).toBe(0)
  })

  it('spreads tags over all partitions', () => {
    const counts = new Array<number>(12).fill(0)
    for (let id = 0; id < 12_000; id++) counts[partitionOf(`pi-north/${id}`, 12)]! += 1
    expect(Math.min(...counts)).toBeGreaterThan(800)
    expect(Math.max(...counts)).toBeLessThan(1_200)
  })
})
