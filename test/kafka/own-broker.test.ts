/** What needs a broker of its own: killing it, and its TLS and SASL listener. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type RunningKafka, type SecureEndpoint, startKafka } from '../../scripts/kafka/broker.ts'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import type { KafkaLogOptions } from '../../src/log/kafka/options.ts'
import type { AppendEntry, SampleLog } from '../../src/log/log.ts'
import { appendAll, expectExactly } from '../harness/kafka-replay.ts'
import { describeOnKafka, kafkaOptions } from '../harness/kafka.ts'
import { secondsEntry, tagNamed } from '../log/build-samples.ts'

const never = new AbortController().signal
const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const

describeOnKafka('a broker of its own', () => {
  let kafka: RunningKafka
  let secure: SecureEndpoint
  let opened: SampleLog[] = []

  beforeAll(async () => {
    kafka = await startKafka({ secure: true })
    if (!kafka.secure) throw new Error('the broker has no secure listener')
    secure = kafka.secure
  })
  afterEach(async () => {
    for (const log of opened) await log.close()
    opened = []
  })
  afterAll(() => kafka.stop())

  function open(options: Partial<KafkaLogOptions>): SampleLog {
    const log = openKafkaLog(kafkaOptions({ brokers: [kafka.brokers], ...options }))
    opened.push(log)
    return log
  }

  function secureOptions(mechanism: (typeof MECHANISMS)[number]): Partial<KafkaLogOptions> {
    const { brokers, ca, username, password } = secure
    return { brokers: [brokers], tls: { ca }, sasl: { mechanism, username, password } }
  }

  it.each(MECHANISMS)('takes appends and gives them back over TLS and %s', async (mechanism) => {
    const log = open(secureOptions(mechanism))
    await log.create(never)
    const entry = secondsEntry(tagNamed(1), 0, 50)
    expect(await appendAll(log, [[entry]])).toBe(1)
    let count = 0
    for await (const { records } of log.read(new Map(), await log.end(never), never)) count += records.length
    expect(count).toBe(50)
    await log.publish('tags', [{ key: 'a', value: '{}' }], never)
  })

  it.each<[string, () => Partial<KafkaLogOptions>, RegExp, boolean]>([
    [
      'a wrong password',
      () => ({
        ...secureOptions('scram-sha-512'),
        sasl: { mechanism: 'scram-sha-512', username: 'banyan', password: 'wrong' },
      }),
      /log\.kafka\.sasl/,
      false,
    ],
    [
      'a wrong plain password',
      () => ({ ...secureOptions('plain'), sasl: { mechanism: 'plain', username: 'banyan', password: 'wrong' } }),
      /log\.kafka\.sasl/,
      false,
    ],
    ['a certificate nobody vouches for', () => ({ ...secureOptions('plain'), tls: {} }), /log\.kafka\.tls/, false],
    [
      'no TLS where it is needed',
      () => ({ brokers: [secure.brokers], limits: { connectMs: 3_000 } }),
      /log\.kafka\.tls/,
      true,
    ],
    [
      'TLS where there is none',
      () => ({ brokers: [kafka.brokers], tls: {}, limits: { connectMs: 3_000 } }),
      /log\.kafka\.tls/,
      true,
    ],
    ['a port where nobody listens', () => ({ brokers: ['127.0.0.1:1'] }), /log\.kafka\.brokers/, true],
    ['a name that does not exist', () => ({ brokers: ['no-such-host.invalid:9092'] }), /log\.kafka\.brokers/, true],
  ])('says what is wrong with %s', async (_, options, hint, retryable) => {
    const wrong = options()
    const opening = open(wrong).openWriter(0, never)
    await expect(opening).rejects.toMatchObject({
      code: 'BANYAN_LOG_UNAVAILABLE',
      retryable,
      message: expect.stringContaining(wrong.brokers?.[0] ?? '') as string,
      hint: expect.stringMatching(hint) as string,
    })
    await expect(opening).rejects.not.toMatchObject({ message: expect.stringContaining('wrong ') as string })
  })

  it('is killed and comes back while appends go on: every sample once', { timeout: 180_000 }, async () => {
    const prefix = kafkaOptions().topicPrefix
    const log = open({ topicPrefix: prefix })
    await log.create(never)
    const batches: AppendEntry[][] = Array.from({ length: 60 }, (_, n) =>
      [1, 2, 3].map((tag) => secondsEntry(tagNamed(tag), n * 40, (n + 1) * 40)),
    )
    const replay = (async (): Promise<void> => {
      // An outage is longer than one replay's patience.
      for (let half = 1; half <= batches.length; half++) {
        for (;;) {
          try {
            await appendAll(log, batches.slice(0, half))
            break
          } catch (error) {
            if (!(error instanceof Error) || !error.message.startsWith('not appended')) throw error
          }
        }
      }
    })()
    await kafka.halt('SIGKILL')
    await kafka.resume()
    await kafka.halt('SIGTERM')
    await kafka.resume()
    await replay
    await expectExactly(`${prefix}.samples`, batches, kafka.brokers)
  })
})
