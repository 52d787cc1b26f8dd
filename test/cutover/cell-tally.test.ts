import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../src/cutover/canonical-json.ts'
import { decodeCell, encodeCell, type CellEvidence } from '../../src/cutover/cell-evidence.ts'
import { CellTally, type WaiverScope } from '../../src/cutover/cell-tally.ts'
import { MerkleTree } from '../../src/cutover/merkle.ts'
import { countVerdicts, NO_VERDICTS, VERDICTS } from '../../src/domain/verdict.ts'
import { cell, CELLS, HOUR_TICKS, LOOK_FENCE } from './evidence-fixture.ts'

function tallyOf(cells: readonly CellEvidence[], waivers: readonly WaiverScope[] = [], lookFence?: number): CellTally {
  const tally = new CellTally({ cellTicks: HOUR_TICKS, waivers, lookFence })
  for (const one of cells) tally.add(one)
  return tally
}

describe('cell evidence', () => {
  it('is one canonical line', () => {
    expect(encodeCell(cell('pi-north/1', 0))).toBe(
      '{"count":3,"digest":"00000000000000000000000000000000","from":"2024-04-01T00:00:00.0000000Z","look":41,' +
        '"records":3,"tag":"pi-north/1","verdict":"match"}',
    )
    const odd = cell('pi-north/"\n\u0080 \u{1f602}', 0, { verdict: 'pending', look: null })
    for (const one of [...CELLS, odd]) {
      expect(encodeCell(one)).toBe(canonicalJson(one))
      expect(decodeCell(encodeCell(one))).toEqual(one)
    }
    const line = encodeCell(odd)
    for (const other of [` ${line}`, line.replace(':3', ':3.0'), JSON.stringify(odd)]) {
      expect(() => decodeCell(other)).toThrow('not in canonical form')
    }
  })

  it('refuses what no cell can be', () => {
    const changes: Record<string, unknown>[] = [
      { tag: 'no-historian' },
      { tag: 'pi-north/\ud800' },
      { from: '2024-04-01T00:00:00Z' },
      { verdict: 'fine' },
      { look: -1 },
      { look: null },
      { records: 1.5 },
      { digest: 'F'.repeat(32) },
      { note: 'x' },
    ]
    for (const change of changes) {
      const line = canonicalJson({ ...cell('pi-north/1', 0), ...change })
      expect(() => decodeCell(line), line).toThrow(RangeError)
    }
  })

  it('lets only a cell that waits be without a look', () => {
    const waiting = cell('pi-north/1', 0, { verdict: 'pending', look: null })
    expect(decodeCell(encodeCell(waiting))).toEqual(waiting)
  })
})

describe('CellTally', () => {
  it('sums up to nothing when there is nothing', () => {
    expect(tallyOf([]).sum()).toEqual({
      root: new MerkleTree().root(),
      tags: 0,
      cells: 0,
      from: null,
      until: null,
      verdicts: NO_VERDICTS,
      verifiedSince: 0,
    })
  })

  it('counts every cell once, and as verified only what a later look found equal', () => {
    const spec = fc.record({
      verdict: fc.constantFrom(...VERDICTS),
      look: fc.integer({ min: LOOK_FENCE - 2, max: LOOK_FENCE + 2 }),
    })
    fc.assert(
      fc.property(fc.array(spec, { maxLength: 40 }), (specs) => {
        const cells = specs.map((changes, i) => cell('pi-north/1', i, changes))
        const { verdicts, verifiedSince, cells: counted } = tallyOf(cells, [], LOOK_FENCE).sum()
        expect(countVerdicts(verdicts)).toBe(specs.length)
        expect(counted).toBe(specs.length)
        const isGreen = (verdict: string): boolean => ['match', 'explained', 'waived'].includes(verdict)
        expect(verifiedSince).toBe(specs.filter(({ verdict, look }) => isGreen(verdict) && look > LOOK_FENCE).length)
      }),
    )
  })

  it('takes nothing as verified without a request', () => {
    expect(tallyOf(CELLS).sum().verifiedSince).toBe(0)
  })

  it('spans from the first start to the last end of any tag', () => {
    const cells = [cell('pi-north/1', 5), cell('pi-north/2', 2), cell('pi-north/2', 3)]
    expect(tallyOf(cells).sum()).toMatchObject({
      tags: 2,
      from: '2024-04-01T02:00:00.0000000Z',
      until: '2024-04-01T06:00:00.0000000Z',
    })
  })

  it('refuses a cell twice, a cell left out, and any other order', () => {
    const [a0, a1, a2, b1, b2] = CELLS as [CellEvidence, CellEvidence, CellEvidence, CellEvidence, CellEvidence]
    for (const cells of [
      [a0, a0],
      [a0, a2],
      [a1, a0],
      [b1, a0],
      [a0, b1, a1],
      [b1, b2, b1],
    ]) {
      expect(() => tallyOf(cells)).toThrow(/out of order|does not follow/)
    }
  })

  it('orders tags by their bytes, as the store does', () => {
    // By UTF-16 units the emoji would come first.
    const [bmp, astral] = [cell('pi-north/\ufb33', 0), cell('pi-north/\u{1f602}', 0)]
    expect(tallyOf([bmp, astral]).sum().tags).toBe(2)
    expect(() => tallyOf([astral, bmp])).toThrow('out of order')
  })

  it('puts a waived cell to the waiver that holds longest, and to no other tag or time', () => {
    const scope = { tag: 'pi-north/1', from: '2024-04-01T00:00:00Z', until: '2024-04-01T02:00:00Z' }
    const waivers = [
      { ...scope, id: 1, expiry: '2024-05-01T00:00:00Z' },
      { ...scope, id: 2, expiry: '2024-07-01T00:00:00Z' },
      { ...scope, id: 3, expiry: '2024-06-01T00:00:00Z', until: '2024-04-01T03:00:00Z' },
    ]
    const waived = { verdict: 'waived' } as const
    const cells = [0, 1, 2, 3].map((i) => cell('pi-north/1', i, waived))
    const tally = tallyOf([...cells, cell('pi-north/2', 0, waived)], waivers)
    expect([1, 2, 3].map((id) => tally.waivedBy(id))).toEqual([0, 2, 1])
  })
})
