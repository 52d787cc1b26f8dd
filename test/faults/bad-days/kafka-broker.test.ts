/** The broker is down, goes down, or does not let us in. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, type TestContext } from 'vitest'
import { startKafka, type RunningKafka, type SecureEndpoint } from '../../../scripts/kafka/broker.ts'
import { describeOnKafka, newPrefix } from '../../harness/kafka.ts'
import { openSite, toldBy, whenReading, type Site, type SiteOptions } from './site.ts'

const LIMIT_MS = 180_000

describeOnKafka('a broker', () => {
  let kafka: RunningKafka
  let secure: SecureEndpoint

  beforeAll(async () => {
    kafka = await startKafka({ secure: true })
    if (kafka.secure === undefined) throw new Error('the broker has no secure listener')
    secure = kafka.secure
  })
  afterAll(() => kafka.stop())

  function open(context: TestContext, options: SiteOptions = {}): Promise<Site> {
    const log = { kind: 'kafka', brokers: kafka.brokers, topicPrefix: newPrefix() } as const
    return openSite(context, { log, ...options })
  }

  /** Goes down while a backfill writes. */
  const DENSE: SiteOptions = {
    historian: { scenario: 'dense', scale: 0.01, switches: { latencyMs: 50 } },
    pageSize: 200,
    concurrency: 2,
  }

  it(
    'that is down at the start is named; once it is up the same command completes',
    { timeout: LIMIT_MS },
    async (context) => {
      const site = await open(context)
      await kafka.halt('SIGTERM')
      const told = toldBy(await site.run('backfill', '--quiet'))
      expect(told).toMatchObject({ code: 1, error: expect.stringContaining(kafka.brokers) as string })
      expect(told.hint).toMatch(/log\.kafka\.brokers/)
      await kafka.resume()
      await site.completes()
    },
  )

  it('that is killed midway and comes back is waited for', { timeout: LIMIT_MS }, async (context) => {
    const site = await open(context, DENSE)
    let restarted: Promise<void> | undefined
    whenReading(site.simulator, 25, () => {
      restarted = kafka.halt('SIGKILL').then(() => kafka.resume())
    })
    await site.completes()
    expect(restarted).toBeDefined()
    await restarted
  })

  it(
    'that stays away longer than `outage` ends the job with 1; later it completes',
    { timeout: LIMIT_MS },
    async (context) => {
      const site = await open(context, { ...DENSE, logExtra: ['outage: 2s'] })
      let halted: Promise<void> | undefined
      whenReading(site.simulator, 25, () => {
        halted = kafka.halt('SIGKILL')
      })
      const told = toldBy(await site.run('backfill', '--quiet', '--log-level', 'error'))
      expect(told).toMatchObject({ code: 1, error: expect.stringContaining(kafka.brokers) as string })
      await halted
      await kafka.resume()
      await site.completes()
    },
  )

  it('behind TLS and a password: each mistake is told apart', { timeout: LIMIT_MS }, async (context) => {
    // The reader of the test uses the plain listener, the command the other.
    const site = await open(context)
    const file = (name: string, text: string): void => {
      writeFileSync(join(site.bench.folder, name), text)
    }
    const sasl = 'sasl: { mechanism: scram-sha-512, username: banyan, passwordFile: ./kafka-password }'
    site.edit(kafka.brokers, secure.brokers)
    site.edit('    partitions: 4', `    tls: { caFile: ./kafka-ca.pem }\n    ${sasl}\n    partitions: 4`)

    file('kafka-password', secure.password)
    expect(toldBy(await site.run('backfill', '--quiet'))).toMatchObject({
      code: 2,
      error: expect.stringContaining('kafka-ca.pem') as string,
    })

    site.edit('tls: { caFile: ./kafka-ca.pem }', 'tls: {}')
    expect(toldBy(await site.run('backfill', '--quiet'))).toMatchObject({
      code: 1,
      hint: expect.stringContaining('log.kafka.tls') as string,
    })
    site.edit('tls: {}', 'tls: { caFile: ./kafka-ca.pem }')

    file('kafka-ca.pem', secure.ca)
    file('kafka-password', 'wr0ng-one')
    const told = toldBy(await site.run('backfill', '--quiet'))
    expect(told).toMatchObject({ code: 1, hint: expect.stringContaining('log.kafka.sasl') as string })
    expect(`${told.error}${told.hint}`).not.toContain('wr0ng-one')

    file('kafka-password', secure.password)
    await site.completes()
  })

  it.for([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s stops with %i; the next run completes', { timeout: LIMIT_MS }, async ([signal, code], context) => {
    const site = await open(context, DENSE)
    let pid = 0
    whenReading(site.simulator, 25, () => process.kill(pid, signal))
    const outcome = await site.bench.run(['backfill'], { onStart: (started) => (pid = started) })
    expect(outcome).toMatchObject({ code, stdout: '' })
    expect(outcome.stderr).not.toContain('Error')
    await site.completes()
  })
})
