import { beforeEach, describe, expect, test } from 'vitest'
import type { PiEvent } from '../../src/simulator/series.ts'
import { StreamUpdates, type StreamUpdate, type UpdateAction } from '../../src/simulator/updates.ts'

const HOUR = 36_000_000_000n

function change(value: number, action: UpdateAction = 'Add'): StreamUpdate {
  const event: PiEvent = {
    ticks: BigInt(value),
    value,
    good: true,
    questionable: false,
    substituted: false,
    annotated: false,
  }
  return { action, previousEventAction: 'PreviousEventArchived', event }
}

describe('stream updates', () => {
  let lifetime = HOUR
  let updates: StreamUpdates<string>

  beforeEach(() => {
    let guids = 0
    lifetime = HOUR
    updates = new StreamUpdates({
      newGuid: () => String(++guids).padStart(32, '0'),
      lifetime: () => lifetime,
      maxEvents: 5,
    })
  })

  function valuesAfter(marker: string, now = 0n): { values: unknown[]; latest: string } {
    const retrieved = updates.retrieve(marker, now)
    if (!retrieved.ok) throw new Error(retrieved.error)
    return { values: retrieved.events.map(({ event }) => event.value), latest: retrieved.latestMarker }
  }

  test('a marker yields what happened after it, and the marker to go on with', () => {
    const { status, latestMarker } = updates.register('a', 0n)
    expect(status).toBe('Succeeded')
    expect(latestMarker).toMatch(/^[0-9a-f]{32}_0$/)
    expect(valuesAfter(latestMarker)).toEqual({ values: [], latest: latestMarker })
    updates.record('a', change(1))
    updates.record('a', change(2, 'Insert'))
    updates.record('b', change(9))
    const first = valuesAfter(latestMarker)
    expect(first.values).toEqual([1, 2])
    updates.record('a', change(1, 'Delete'))
    expect(valuesAfter(first.latest).values).toEqual([1])
  })

  test('a lost answer can be asked for again', () => {
    const { latestMarker } = updates.register('a', 0n)
    updates.record('a', change(1))
    expect(valuesAfter(latestMarker)).toEqual(valuesAfter(latestMarker))
  })

  test('registering again joins the registration', () => {
    const { latestMarker } = updates.register('a', 0n)
    updates.record('a', change(1))
    expect(updates.register('a', 0n)).toEqual({
      status: 'AlreadyRegistered',
      latestMarker: latestMarker.replace('_0', '_1'),
    })
  })

  test('nothing from before the registration is delivered', () => {
    updates.record('a', change(1))
    expect(valuesAfter(updates.register('a', 0n).latestMarker).values).toEqual([])
  })

  test('a marker nobody asked for expires, one that is asked for lives on', () => {
    const { latestMarker } = updates.register('a', 0n)
    expect(updates.retrieve(latestMarker, HOUR)).toMatchObject({ ok: true })
    expect(updates.retrieve(latestMarker, 2n * HOUR)).toMatchObject({ ok: true })
    expect(updates.retrieve(latestMarker, 3n * HOUR + 1n)).toMatchObject({ ok: false, status: 404 })
    expect(updates.register('a', 3n * HOUR + 1n).status).toBe('Succeeded')
  })

  test('the lifetime may change while markers live', () => {
    const { latestMarker } = updates.register('a', 0n)
    lifetime = 1n
    expect(updates.retrieve(latestMarker, 2n)).toMatchObject({ ok: false, status: 404 })
  })

  test('a restart loses every marker', () => {
    const { latestMarker } = updates.register('a', 0n)
    updates.restart()
    expect(updates.retrieve(latestMarker, 0n)).toMatchObject({ ok: false, status: 404 })
    expect(updates.register('a', 0n)).toMatchObject({ status: 'Succeeded' })
  })

  test('missed events are an error, never a gap, and unregister the stream', () => {
    const { latestMarker } = updates.register('a', 0n)
    for (let i = 0; i < 6; i++) updates.record('a', change(i))
    expect(updates.retrieve(latestMarker, 0n)).toMatchObject({ ok: false, status: 409 })
    expect(updates.retrieve(latestMarker, 0n)).toMatchObject({ ok: false, status: 404 })
  })

  test('a marker within the bound still yields everything after it', () => {
    const { latestMarker } = updates.register('a', 0n)
    for (let i = 0; i < 6; i++) updates.record('a', change(i))
    expect(valuesAfter(latestMarker.replace('_0', '_1')).values).toEqual([1, 2, 3, 4, 5])
  })

  test('the bound is the same however many events there were', () => {
    const { latestMarker } = updates.register('a', 0n)
    for (let i = 0; i < 23; i++) updates.record('a', change(i))
    expect(valuesAfter(latestMarker.replace('_0', '_18')).values).toEqual([18, 19, 20, 21, 22])
    expect(updates.retrieve(latestMarker.replace('_0', '_17'), 0n)).toMatchObject({ ok: false, status: 409 })
  })

  test.each(['', 'x', '0_0', `${'0'.repeat(31)}1_7`, `${'0'.repeat(31)}1_-1`, `${'0'.repeat(31)}1_1e3`])(
    'the marker %j is invalid',
    (marker) => {
      updates.register('a', 0n)
      expect(updates.retrieve(marker, 0n)).toMatchObject({ ok: false, status: 409 })
    },
  )
})
