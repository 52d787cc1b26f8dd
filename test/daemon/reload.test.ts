import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ResolvedConfig } from '../../src/config/config.ts'
import { loadConfig } from '../../src/config/load.ts'
import { compareConfigs } from '../../src/daemon/reload.ts'

const RUNNING = `bridge: b
store: ./banyan.db
historians:
  h:
    piWebApi:
      url: https://pi.example.org/piwebapi
      dataServer: S
      auth: { type: basic, username: u, passwordFile: ./secret }
      limits: { concurrency: 8 }
tags:
  - { historian: h, include: ["FIC*"] }
  - { historian: h, file: ./list.txt }
log: { embedded: { file: ./log.db } }
sync: { interval: 10s, settle: 30s }
parity: { cell: 1h }
workloads: { boiler: { tags: ["FIC*"], consumers: [{ name: c, staleness: 60s }] } }
web: { listen: 127.0.0.1:8080 }
`

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-reload-'))
  writeFileSync(join(folder, 'list.txt'), 'LIC101\n')
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

function load(text: string): ResolvedConfig {
  const file = join(folder, 'banyan.yaml')
  writeFileSync(file, text)
  return loadConfig({ file, environment: {}, workingDirectory: folder })
}

function edited(from: string, to: string): string {
  expect(RUNNING).toContain(from)
  return RUNNING.replace(from, to)
}

const OTHER = `  other:
    piWebApi: { url: "https://other.example.org/piwebapi", dataServer: O, auth: { type: none } }
tags:
  - { historian: other, include: ["*"] }
`

describe('what takes effect', () => {
  test.each([
    ['interval: 10s', 'interval: 5s', 'sync.interval'],
    ['settle: 30s', 'settle: 40s', 'sync.settle'],
    ['settle: 30s', 'settle: 30s, sweeps: [{ every: 1h, lookBack: 2d }]', 'sync.sweeps'],
    ['settle: 30s', 'settle: 30s, repair: report', 'sync.repair'],
    ['concurrency: 8', 'concurrency: 2, quietHours: ["22:00-23:00"]', 'historians.h.piWebApi.limits'],
    ['limits: {', 'timeout: 5s\n      limits: {', 'historians.h.piWebApi.timeout'],
    ['limits: {', 'pageSize: 500\n      limits: {', 'historians.h.piWebApi.pageSize'],
    ['limits: {', 'tls: { caFile: ./ca.pem }\n      limits: {', 'historians.h.piWebApi.tls'],
    ['./secret', './other-secret', 'historians.h.piWebApi.auth'],
    ['include: ["FIC*"]', 'include: ["TIC*"]', 'tags'],
    ['workloads: {', 'workloads: { new: { tags: ["*"], consumers: [{ name: c, staleness: 1s }] },', 'workloads.new'],
    ['boiler: { tags', 'boiler: { criticality: A, tags', 'workloads.boiler'],
    ['boiler: { tags', 'boiler: { gates: { approvals: 3 }, tags', 'workloads.boiler'],
  ])('%s -> %s', (from, to, key) => {
    expect(compareConfigs(load(RUNNING), load(edited(from, to)))).toEqual({ apply: [key], refused: [] })
  })

  test('a list file that has changed', () => {
    const running = load(RUNNING)
    writeFileSync(join(folder, 'list.txt'), 'LIC101\nLIC102\n')
    expect(compareConfigs(running, load(RUNNING))).toEqual({ apply: ['tags'], refused: [] })
  })

  test('nothing, when nothing has changed but a secret', () => {
    writeFileSync(join(folder, 'secret'), 'old')
    const running = load(RUNNING)
    writeFileSync(join(folder, 'secret'), 'new')
    expect(compareConfigs(running, load(RUNNING))).toEqual({ apply: [], refused: [] })
  })
})

const WITH_FALLBACK = RUNNING.replace(
  'tags:\n',
  `    opcua:
      endpoint: opc.tcp://hda.example.org:4840
      role: fallback
      identity: { type: username, username: u, passwordFile: ./ua }
      nodes: { file: ./nodes.csv }
      failover: { after: 60s }
tags:
`,
)

describe('with a fallback', () => {
  beforeEach(() => {
    writeFileSync(join(folder, 'nodes.csv'), 'FIC101,nsu=urn:plant;s=FIC101')
  })

  test.each([
    ['after: 60s', 'after: 30s', 'historians.h.opcua.failover'],
    ['./ua', './other-ua', 'historians.h.opcua.identity'],
    ['file: ./nodes.csv', "pattern: 'nsu=urn:plant;s={name}'", 'historians.h.opcua.nodes'],
    ['failover:', 'security: { policy: Aes256_Sha256_RsaPss }\n      failover:', 'historians.h.opcua.security'],
  ])('%s -> %s takes effect', (from, to, key) => {
    expect(WITH_FALLBACK).toContain(from)
    const wanted = load(WITH_FALLBACK.replace(from, to))
    expect(compareConfigs(load(WITH_FALLBACK), wanted)).toEqual({ apply: [key], refused: [] })
  })

  test('a node list that has changed takes effect', () => {
    const running = load(WITH_FALLBACK)
    writeFileSync(join(folder, 'nodes.csv'), 'FIC101,nsu=urn:plant;s=FIC102')
    expect(compareConfigs(running, load(WITH_FALLBACK))).toEqual({ apply: ['historians.h.opcua.nodes'], refused: [] })
  })

  test('another server is refused, and so is a fallback that comes or goes', () => {
    const [running, other] = [load(WITH_FALLBACK), load(WITH_FALLBACK.replace('hda.', 'hda2.'))]
    const refusals = [
      compareConfigs(running, other).refused,
      compareConfigs(running, load(RUNNING)).refused,
      compareConfigs(load(RUNNING), running).refused,
    ]
    expect(refusals).toEqual([
      ['historians.h.opcua.endpoint says which server it is: restart the bridge to change it'],
      ['historians.h.opcua decides how the historian is read: restart the bridge to change it'],
      ['historians.h.opcua decides how the historian is read: restart the bridge to change it'],
    ])
  })
})

describe('what is refused', () => {
  test.each([
    ['bridge: b', 'bridge: c', ['bridge']],
    ['./banyan.db', './other.db', ['store']],
    ['./log.db', './other-log.db', ['log']],
    ['web: {', 'cutover: { killSwitch: ./off }\nweb: {', ['cutover']],
    ['cell: 1h', 'cell: 2h', ['parity']],
    ['8080', '8081', ['web']],
    ['web: { listen: 127.0.0.1:8080 }', '', ['web']],
    ['pi.example.org', 'pi2.example.org', ['historians.h.piWebApi.url']],
    ['dataServer: S', 'dataServer: T', ['historians.h.piWebApi.dataServer']],
    ['tags:\n', OTHER, ['historians.other']],
    ['  h:\n', '  renamed:\n', ['historians.h', 'historians.renamed']],
  ])('%s -> %s', (from, to, keys) => {
    const wanted = edited(from, to)
    const historian = keys.includes('historians.h') ? 'renamed' : 'h'
    const { refused } = compareConfigs(
      load(RUNNING),
      load(wanted.replaceAll('historian: h', `historian: ${historian}`)),
    )
    expect(refused.map((sentence) => sentence.split(' ')[0])).toEqual(keys)
    for (const sentence of refused) expect(sentence).toMatch(/restart the bridge|must never change/)
  })

  test('is told beside what could take effect', () => {
    const text = edited('dataServer: S', 'dataServer: T').replace('concurrency: 8', 'concurrency: 2')
    expect(compareConfigs(load(RUNNING), load(text.replace('10s', '20s')))).toEqual({
      apply: ['sync.interval', 'historians.h.piWebApi.limits'],
      refused: ['historians.h.piWebApi.dataServer says which server it is: restart the bridge to change it'],
    })
  })
})
