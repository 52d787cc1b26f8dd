/** A site without PI Web API: a backfill, a check and a day of rounds through OPC UA alone. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { execFile } from 'node:child_process'
import { expect, it } from 'vitest'
import { formatOpcUaAddress } from '../../src/domain/opc-ua-address.ts'
import { startOpcUaServer } from '../../src/simulator/opcua/server.ts'
import { createSimulator } from '../../src/simulator/simulator.ts'
import { truthOf } from '../../src/simulator/truth.ts'
import { readCurrentTruth } from '../harness/current-truth.ts'
import { compareKeys } from '../harness/expected.ts'
import { keyOfOpcUaTruth } from '../harness/opcua-expected.ts'

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js')
const WITHOUT_ORD = { ord: false }

interface Answer {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

it('copies and follows what OPC UA has', { timeout: 120_000 }, async (context) => {
  const { historian } = createSimulator({ scenario: 'conformance', seed: 9, scale: 0.2 })
  const opcua = await startOpcUaServer({ historian, dialect: 'capped' })
  const folder = mkdtempSync(join(tmpdir(), 'banyan-opcua-'))
  context.onTestFinished(async () => {
    await opcua.close()
    rmSync(folder, { recursive: true })
  })
  writeFileSync(
    join(folder, 'banyan.yaml'),
    `bridge: test-site
historians:
  ua:
    opcua:
      endpoint: ${opcua.endpoint}
      role: only
      security: { mode: None }
      identity: { type: anonymous }
      nodes: { browse: 'nsu=${opcua.namespaceUri};s=Plant' }
tags: [{ historian: ua, include: ['*'], exclude: ['TIME.FUTURE*'], backfill: { from: 1970-01-01 } }]
log: { embedded: { file: ./log.db } }
sync: { settle: 1s }
`,
  )
  const banyan = (...args: string[]): Promise<Answer> =>
    new Promise((resolve) => {
      const child = execFile(process.execPath, [MAIN, ...args], { cwd: folder }, (_error, stdout, stderr) => {
        resolve({ code: child.exitCode, stdout, stderr })
      })
    })
  const compare = () => {
    const db = new Database(join(folder, 'log.db'), { readonly: true })
    const texts = db.prepare<[], string>('SELECT record FROM samples ORDER BY partition, offset').pluck().all()
    db.close()
    const truth = readCurrentTruth(texts, ['opcua'])
    const tagOf = (name: string): string => `ua/${formatOpcUaAddress(opcua.addressOf(name))}`
    // OPC UA does not tell which tags hold forecasts: what lies ahead of the clock is copied when its time has come.
    const rows = [...truthOf(historian, { snapshots: true })].filter(({ name }) => !name.startsWith('TIME.FUTURE'))
    const wanted = rows.map((row) => keyOfOpcUaTruth(tagOf(row.name), row, WITHOUT_ORD))
    return { ...compareKeys(wanted, truth.keys), violations: truth.violations }
  }
  const EXACT = { missing: 0, extra: 0, examples: [], violations: [] }

  const check = await banyan('check', '--json')
  expect(check.code, check.stdout + check.stderr).toBe(0)
  const { checks } = JSON.parse(check.stdout) as { checks: { name: string; hint?: string }[] }
  expect(checks.find(({ name }) => name === 'historian.ua.reachable')!.hint).toMatch(/security\.mode is None/)

  const backfill = await banyan('backfill', '--json', '--log-level', 'error')
  expect(backfill.code, backfill.stderr).toBe(0)
  expect(compare()).toMatchObject(EXACT)

  // A newer sample, and a late one: the tail finds the one, the sweep the other.
  historian.write('TYPE.FLOAT64', historian.clock.now() + 600_000_000n, 7)
  historian.insert('TYPE.INT32', historian.clock.now() - 600_000_000n, 8)
  historian.clock.advance(600_000)
  const once = await banyan('sync', '--once', '--look-back', '1d', '--json', '--log-level', 'error')
  expect(once.code, once.stderr + once.stdout).toBe(0)
  expect(JSON.parse(once.stdout)).toMatchObject({ samples: 1, revisions: { late: 1 }, unswept: [] })
  expect(compare()).toMatchObject(EXACT)

  const tags = await banyan('tags', '--json')
  const listed = (JSON.parse(tags.stdout) as { tags: { name: string; address: object }[] }).tags
  expect(listed.find(({ name }) => name === 'TYPE.INT32')!.address).toEqual({
    nodeId: formatOpcUaAddress(opcua.addressOf('TYPE.INT32')),
  })
})
