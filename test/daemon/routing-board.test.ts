import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ChainLink } from '../../src/cutover/audit-chain.ts'
import type { Standing } from '../../src/app/cutover/outcome.ts'
import type { RoutingRecord } from '../../src/cutover/routing.ts'
import { initial } from '../../src/cutover/state.ts'
import { RoutingBoard } from '../../src/daemon/routing-board.ts'
import { silentLogger } from '../../src/telemetry/logger.ts'

const never = new AbortController().signal

let folder: string
let file: string
let environment: Record<string, string>
let nowMs: number
let seq: number
let unpublished: number
let isBroken: boolean
let board: RoutingBoard

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-board-'))
  file = join(folder, 'all-to-historian')
  environment = {}
  nowMs = 0
  seq = 1
  unpublished = 0
  isBroken = false
  board = new RoutingBoard({
    desk: () => ({ head, standings: () => [standing()] }),
    killSwitchFile: file,
    environment,
    logger: silentLogger,
    clock: () => nowMs,
  })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function head(): ChainLink {
  if (isBroken) throw new Error('the store is locked')
  return { seq, hash: '0'.repeat(64) }
}

/** Live, with the number of the last event as version. */
function standing(): Standing {
  const routing: RoutingRecord = {
    v: 1,
    workload: 'boiler',
    phase: 'live',
    serve: 'log',
    cohort: 100,
    version: seq,
    evidence: null,
    at: '2026-01-01T00:00:00.0000000Z',
  }
  return {
    workload: 'boiler',
    config: undefined,
    policy: undefined,
    state: { ...initial('boiler'), phase: 'live', percent: 100, epoch: 1, version: seq },
    lastSeq: seq,
    next: undefined,
    routing,
    unpublished,
  }
}

function changed(): Promise<string> {
  return board.changed(never).then(() => 'changed')
}

test('tells what was decided, and wakes who waits for the next decision', async () => {
  board.look()
  expect(board.routingOf('boiler')).toMatchObject({ kind: 'record', record: { version: 1 } })
  expect(board.routingOf('press')).toEqual({ kind: 'unknown' })
  const [one, other] = [changed(), changed()]
  board.look()
  expect(await Promise.race([one, Promise.resolve('still')])).toBe('still')
  seq = 2
  board.look()
  expect(await Promise.all([one, other])).toEqual(['changed', 'changed'])
  expect(board.routingOf('boiler')).toMatchObject({ record: { version: 2 } })
})

test('who gave up waiting is not kept', async () => {
  const gone = new AbortController()
  const waiting = board.changed(gone.signal)
  gone.abort()
  await waiting
  await board.changed(gone.signal)
})

test('the status follows what the log was told of', () => {
  unpublished = 1
  board.look()
  expect(board.workloads()).toMatchObject([
    { name: 'boiler', phase: 'live', serve: 'log', percent: 100, unpublished: 1 },
  ])
  unpublished = 0
  board.look()
  expect(board.workloads()).toMatchObject([{ unpublished: 0 }])
})

describe('a store that cannot be read', () => {
  test('is outlasted for half a minute, and then told: a rollback may be in it', () => {
    board.look()
    isBroken = true
    nowMs = 30_000
    board.look()
    expect(board.routingOf('boiler').kind).toBe('record')
    expect(board.trouble).toContain('locked')
    nowMs = 30_001
    expect(board.routingOf('boiler').kind).toBe('unavailable')
    expect(board.workloads()).toEqual([])
    isBroken = false
    board.look()
    expect(board.routingOf('boiler').kind).toBe('record')
    expect(board.trouble).toBeUndefined()
  })

  test('from the start on is told at once', () => {
    isBroken = true
    board.look()
    expect(board.routingOf('boiler').kind).toBe('unavailable')
  })
})

describe('the kill switch', () => {
  test('overrules every record at once, by file and by environment, until it is gone', () => {
    board.look()
    writeFileSync(file, '')
    expect(board.routingOf('boiler').kind).toBe('killed')
    expect(board.killSwitch()).toEqual({ isOn: true, by: file })
    rmSync(file)
    expect(board.routingOf('boiler').kind).toBe('record')
    environment['BANYAN_KILL_SWITCH'] = '1'
    expect(board.routingOf('boiler').kind).toBe('killed')
  })

  test('wakes who waits', async () => {
    board.look()
    const waiting = changed()
    writeFileSync(file, '')
    board.look()
    expect(await waiting).toBe('changed')
  })

  test('needs no store, and holds for names nobody knows', () => {
    isBroken = true
    environment['BANYAN_KILL_SWITCH'] = 'yes'
    board.look()
    expect(board.routingOf('boiler')).toEqual({ kind: 'killed', record: undefined })
    expect(board.routingOf('press')).toEqual({ kind: 'killed', record: undefined })
  })
})
