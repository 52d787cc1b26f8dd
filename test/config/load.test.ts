import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ResolvedConfig } from '../../src/config/config.ts'
import { unreadableFiles } from '../../src/config/files.ts'
import { configFileOf, loadConfig } from '../../src/config/load.ts'
import { configToText } from '../../src/config/print.ts'
import { STARTER_CONFIG } from '../../src/config/starter.ts'
import { formatTicks } from '../../src/domain/ticks.ts'

const VALID = join(import.meta.dirname, '..', '..', 'fixtures', 'config', 'valid')
const EVERY_KEY = join(VALID, 'every-key.yaml')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-config-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

function write(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

function load(file: string, environment: Record<string, string> = {}): ResolvedConfig {
  return loadConfig({ file, environment, workingDirectory: folder })
}

const MINIMAL = `bridge: b
historians: { h: { piWebApi: { url: "http://127.0.0.1/piwebapi", dataServer: S, auth: { type: none } } } }
tags: [{ historian: h, include: ["*"] }]
`
const EMBEDDED = `${MINIMAL}log: { embedded: { file: ./log.db } }\n`
const KAFKA = `${MINIMAL}log: { kafka: { brokers: ["file:9092"] } }\n`

describe('what a file becomes', () => {
  test('defaults are filled in, paths absolute, durations in milliseconds', () => {
    const file = write('banyan.yaml', EMBEDDED)
    expect(load(file)).toEqual({
      file,
      bridge: 'b',
      store: join(folder, 'banyan.db'),
      historians: [
        {
          name: 'h',
          piWebApi: {
            url: 'http://127.0.0.1/piwebapi',
            dataServer: 'S',
            auth: { type: 'none' },
            caFile: undefined,
            pageSize: 10_000,
            timeoutMs: 60_000,
            outageMs: 300_000,
            limits: {
              concurrency: 8,
              requestsPerSecond: 50,
              rowsInFlight: 200_000,
              quietHours: [],
              timeZone: 'UTC',
              batchSize: 100,
            },
          },
          opcua: undefined,
          primary: expect.objectContaining({ pageSize: 10_000, timeoutMs: 60_000, outageMs: 300_000 }) as unknown,
        },
      ],
      tags: [{ historian: 'h', include: ['*'], exclude: [], names: [], file: undefined, backfill: undefined }],
      log: { kind: 'embedded', file: join(folder, 'log.db'), partitions: 4 },
      sync: {
        intervalMs: 10_000,
        settleMs: 30_000,
        sweeps: [
          { name: 'sweep 1d every 15m', timing: { kind: 'every', everyMs: 900_000 }, lookBackMs: 86_400_000 },
          {
            name: 'sweep 30d at 0 2 * * * UTC',
            timing: { kind: 'cron', cron: '0 2 * * *', timeZone: 'UTC' },
            lookBackMs: 2_592_000_000,
          },
        ],
        catalogueMs: 3_600_000,
        repair: 'auto',
        hints: true,
      },
      parity: { cellMs: 3_600_000, compression: 'explain' },
      workloads: [],
      cutover: { killSwitch: undefined },
      web: undefined,
    })
  })

  test('times keep 100 ns and their offset', () => {
    const [rule] = load(EVERY_KEY).tags
    expect(rule?.backfill && formatTicks(rule.backfill.from)).toBe('2015-01-01T05:00:00.1234567Z')
    expect(rule?.backfill?.until && formatTicks(rule.backfill.until)).toBe('2024-01-01T00:00:00.0000000Z')
  })

  test('it is frozen to the last list', () => {
    const { historians, tags } = load(EVERY_KEY)
    expect(() => (tags as unknown[]).push({})).toThrow(TypeError)
    expect(() => (historians[0]!.primary.limits.quietHours as unknown[]).push({})).toThrow(TypeError)
  })

  test('of a workload only what the file says of its gates is there, so that it can be laid over defaults', () => {
    const { workloads, cutover } = load(EVERY_KEY)
    expect(workloads).toMatchObject([
      {
        name: 'boiler-dashboard',
        tags: ['FIC*', 'TIC1??'],
        historian: 'pi-north',
        criticality: 'A',
        consumers: [{ stalenessMs: 60_000 }, { name: 'Schichtbericht Kessel 1', stalenessMs: 43_200_000 }],
        gates: {
          streakMs: 1_209_600_000,
          maxUpperRate: 5e-7,
          canarySteps: [1, 10, 50],
          shadow: { required: true, minComparisons: 5_000, minQueryShare: 0.95, withinMs: 259_200_000 },
        },
      },
      { name: 'no-such-tags', historian: undefined, criticality: 'C', gates: {} },
    ])
    expect(Object.keys(workloads[1]?.gates ?? { missing: true })).toEqual([])
    const [freeze] = workloads[0]?.gates.freezes ?? []
    expect(freeze && formatTicks(freeze.until)).toBe('2031-01-07T05:00:00.0000000Z')
    expect(cutover.killSwitch).toBe(join(VALID, 'all-to-historian'))
  })

  test('a cron pattern keeps its meaning and loses its spare blanks', () => {
    const text = `${EMBEDDED}sync: { sweeps: [{ cron: " 30  2 * * MON ", lookBack: 7d }] }\n`
    expect(load(write('banyan.yaml', text)).sync.sweeps[0]?.timing).toMatchObject({ cron: '30 2 * * MON' })
  })

  test('a name to listen on, and the names to be asked by, are compared in lower case', () => {
    const text = `${EMBEDDED}web: { listen: Bridge.example.org:80, names: [Banyan.example.org] }\n`
    expect(load(write('banyan.yaml', text)).web).toEqual({
      host: 'bridge.example.org',
      port: 80,
      names: ['banyan.example.org'],
    })
  })

  test.each(['every-key', 'opcua-fallback', 'opcua-only'])('printed and loaded again it is the same: %s', (name) => {
    const before = load(join(VALID, `${name}.yaml`))
    const after = load(write('again.yaml', configToText(before)))
    expect({ ...after, file: before.file }).toEqual(withFreshSecrets(before))
  })

  test('the starter is valid as it stands', () => {
    const config = load(write('banyan.yaml', STARTER_CONFIG))
    expect(config.bridge).toBe('my-site')
    expect(unreadableFiles(config).map(({ path }) => path)).toEqual(['historians.pi-main.piWebApi.auth'])
  })

  test('what the starter shows of sync, parity, workloads, cutover and web is valid too', () => {
    const [before = '', shown = ''] = STARTER_CONFIG.split(/(?=^# sync:)/m)
    const keys = shown.replace(/^# (?=( *- | *[a-z]+:))/gim, '')
    const { web, sync, workloads, cutover } = load(write('banyan.yaml', before + keys))
    expect(web).toEqual({ host: '127.0.0.1', port: 8080, names: [] })
    expect(sync.sweeps.map(({ name }) => name)).toEqual(['sweep 1d every 15m', 'sweep 30d at 0 2 * * * Europe/Berlin'])
    expect(workloads).toMatchObject([{ name: 'boiler', criticality: 'B', gates: { canarySteps: [5, 25, 50] } }])
    expect(cutover.killSwitch).toBe(join(folder, 'all-to-historian'))
  })
})

/** Functions are equal only to themselves. */
function withFreshSecrets(config: ResolvedConfig): unknown {
  const anyFunction: unknown = expect.any(Function)
  const replace = (value: unknown): unknown => {
    if (typeof value === 'function') return anyFunction
    if (value instanceof Map) return value
    if (Array.isArray(value)) return value.map(replace)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, replace(child)]))
  }
  return replace(config)
}

describe('precedence', () => {
  test('the file: flag, then BANYAN_CONFIG, then banyan.yaml', () => {
    const source = { environment: { BANYAN_CONFIG: 'env.yaml' }, workingDirectory: folder }
    expect(configFileOf({ ...source, file: 'flag.yaml' })).toBe(join(folder, 'flag.yaml'))
    expect(configFileOf({ ...source, file: undefined })).toBe(join(folder, 'env.yaml'))
    expect(configFileOf({ file: undefined, environment: {}, workingDirectory: folder })).toBe(
      join(folder, 'banyan.yaml'),
    )
  })

  test('BANYAN_STORE and BANYAN_LOG_KAFKA_BROKERS win over the file', () => {
    const config = load(write('banyan.yaml', KAFKA), {
      BANYAN_STORE: 'other.db',
      BANYAN_LOG_KAFKA_BROKERS: 'a:9092, b:9092',
    })
    expect(config.store).toBe(join(folder, 'other.db'))
    expect(config.log).toMatchObject({ brokers: ['a:9092', 'b:9092'] })
  })

  test('brokers from the environment leave an embedded log alone', () => {
    expect(load(write('banyan.yaml', EMBEDDED), { BANYAN_LOG_KAFKA_BROKERS: 'a:9092' }).log.kind).toBe('embedded')
  })

  test('a wrong value from the environment names the variable', () => {
    expect(() => load(write('banyan.yaml', KAFKA), { BANYAN_LOG_KAFKA_BROKERS: 'a' })).toThrow(
      /environment variable BANYAN_LOG_KAFKA_BROKERS {2}log\.kafka\.brokers\[0\] must be host:port/,
    )
  })
})

describe('secrets', () => {
  const withAuth = (auth: string): string => EMBEDDED.replace('{ type: none }', auth)

  test('are read anew at every call and lose one line end', () => {
    const secret = write('secret', 'first\n')
    const { auth } = load(write('banyan.yaml', withAuth('{ type: basic, username: u, passwordFile: ./secret }')))
      .historians[0]!.piWebApi!
    if (auth.type !== 'basic') throw new Error('basic expected')
    expect(auth.password.place).toEqual({ file: secret })
    expect(auth.password.read()).toBe('first')
    write('secret', ' second \n\n')
    expect(auth.password.read()).toBe(' second \n')
  })

  test('may come from the environment; a missing one is told by name', () => {
    const file = write('banyan.yaml', withAuth('{ type: bearer, tokenEnv: PI_TOKEN }'))
    const tokenOf = (environment: Record<string, string>): string => {
      const { auth } = load(file, environment).historians[0]!.piWebApi!
      return auth.type === 'bearer' ? auth.token.read() : ''
    }
    expect(tokenOf({ PI_TOKEN: 't' })).toBe('t')
    expect(() => tokenOf({})).toThrow('the secret in environment variable PI_TOKEN is missing or empty')
  })

  test('never stand in the printed configuration', () => {
    write('secret', 'hunter2')
    const config = load(write('banyan.yaml', withAuth('{ type: basic, username: u, passwordFile: ./secret }')))
    expect(configToText(config)).not.toContain('hunter2')
    expect(JSON.stringify(config)).not.toContain('hunter2')
  })
})

describe('hostile files', () => {
  test('an alias bomb is refused', () => {
    const levels = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`)
    expect(() => load(write('bomb.yaml', `a0: &a0 [x]\n${levels.join('\n')}\n`))).toThrow(/alias/i)
  })

  test('a huge file is refused, a missing one says how to begin', () => {
    expect(() => load(write('huge.yaml', '#'.repeat(1_000_001)))).toThrow(/larger than 1 MB/)
    expect(() => load(join(folder, 'none.yaml'))).toThrow(
      expect.objectContaining({
        code: 'BANYAN_CONFIG_INVALID',
        hint: expect.stringContaining('banyan init') as unknown,
      }),
    )
  })

  test('keys of Object.prototype are ordinary names', () => {
    const config = load(
      write(
        'banyan.yaml',
        EMBEDDED.replace('{ h: {', '{ constructor: {').replace('historian: h', 'historian: constructor'),
      ),
    )
    expect(config.historians.map(({ name }) => name)).toEqual(['constructor'])
    expect(() => load(write('banyan.yaml', `${EMBEDDED}__proto__: { store: x }\n`))).toThrow(/__proto__ is not a key/)
  })
})
