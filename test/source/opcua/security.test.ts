/** Who may connect to whom: certificates trusted by people, policies, accounts. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isBanyanError, messageOf } from '../../../src/domain/errors.ts'
import type { OpcUaServer } from '../../../src/simulator/opcua/server.ts'
import type { OpcUaOptions, OpcUaSecurity } from '../../../src/source/opcua/options.ts'
import type { HistorianSource } from '../../../src/source/source.ts'
import { hasFingerprint } from '../../../src/source/opcua/certificate.ts'
import { ownCertificate, trustServer } from '../../../src/source/opcua/trust.ts'
import { silentLogger } from '../../../src/telemetry/logger.ts'
import { startOpcUa } from '../../harness/opcua.ts'
import { factsOfSamples, NO_SIGNAL, openSource, pkiFolder, readAll, tagNamed } from './reading.ts'

const ENCRYPTED = { mode: 'SignAndEncrypt', policy: 'Basic256Sha256' } as const

async function trust(server: OpcUaServer, security: OpcUaSecurity): Promise<void> {
  const outcome = await trustServer(
    { endpoint: server.endpoint, security, timeoutMs: 10_000, logger: silentLogger },
    async () => true,
  )
  expect(outcome.isTrusted).toBe(true)
}

async function failureOf(source: HistorianSource): Promise<{ message: string; hint: string; code: string }> {
  try {
    await source.probe(NO_SIGNAL)
  } catch (error) {
    if (isBanyanError(error)) return { message: error.message, hint: error.hint ?? '', code: error.code }
    throw error
  }
  throw new Error('it let us in')
}

test.each(['Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss'] as const)(
  'an unknown server is refused until a person trusts its fingerprint: %s',
  async (policy) => {
    const { server } = await startOpcUa()
    const security = { mode: 'SignAndEncrypt', policy, pki: await pkiFolder(true) } as const
    const source = await openSource(server, { security })
    const { code, message, hint } = await failureOf(source)
    const shown: string[] = []
    const options = { endpoint: server.endpoint, security, timeoutMs: 10_000, logger: silentLogger }
    const refused = await trustServer(options, async ({ sha1, sha256 }) => {
      shown.push(sha1, sha256)
      return false
    })
    expect(refused).toMatchObject({ wasTrusted: false, isTrusted: false })
    expect(code).toBe('BANYAN_SOURCE_UNAUTHORIZED')
    for (const fingerprint of shown) expect(message).toContain(fingerprint)
    expect(hint).toContain(`banyan opcua trust ua --fingerprint ${shown[1]!}`)
    expect((await failureOf(source)).code).toBe('BANYAN_SOURCE_UNAUTHORIZED')

    await trust(server, security)
    const probe = await source.probe(NO_SIGNAL)
    expect(probe.server).toBe('urn:banyan:simulator:server')
    const samples = await readAll(source, await tagNamed(source, 'TYPE.FLOAT64'), 7)
    expect(samples).toHaveLength(server.truth('TYPE.FLOAT64').length)
    expect(factsOfSamples(samples)).not.toEqual([])
    // The next time nobody is asked.
    const again = await trustServer(options, () => Promise.reject(new Error('asked')))
    expect(again).toMatchObject({ wasTrusted: true, isTrusted: true })
  },
)

test('Sign is enough where it is asked for', async () => {
  const { server } = await startOpcUa()
  const security = { mode: 'Sign', policy: 'Basic256Sha256', pki: await pkiFolder(true) } as const
  await trust(server, security)
  await expect(openSource(server, { security }).then((source) => source.probe(NO_SIGNAL))).resolves.toBeDefined()
})

test('an expired certificate is refused though it was trusted', async () => {
  const { server } = await startOpcUa({ scenario: 'empty', certificate: 'expired', pki: await pkiFolder(true) })
  const security = { ...ENCRYPTED, pki: await pkiFolder(true) }
  await trust(server, security)
  const { code, message, hint } = await failureOf(await openSource(server, { security }))
  expect(code).toBe('BANYAN_SOURCE_UNAUTHORIZED')
  expect(message).toMatch(/valid from .* only/)
  expect(hint).toContain('renewed')
})

test('a server that does not know our certificate says so, and we say where it is', async () => {
  const { server } = await startOpcUa({ scenario: 'empty', pki: await pkiFolder(true), rejectUnknownClients: true })
  const security = { ...ENCRYPTED, pki: await pkiFolder(true) }
  await trust(server, security)
  const source = await openSource(server, { security })
  const { code, hint } = await failureOf(source)
  expect(code).toBe('BANYAN_SOURCE_UNAUTHORIZED')
  expect(hint).toContain('banyan opcua certificate ua')
  const { certificate, file } = await ownCertificate({ security, logger: silentLogger })
  expect(await readFile(file, 'utf8')).toContain('BEGIN CERTIFICATE')
  await server.trustClient(certificate.der)
  await source.probe(NO_SIGNAL)
})

test('accounts: password, wrong password, no name', async () => {
  const users = new Map([['reader', 'secret']])
  const { server } = await startOpcUa({ scenario: 'empty', users, anonymous: false })
  let password = 'wrong'
  const username = { type: 'username', username: 'reader', password: () => password } as const
  const source = await openSource(server, { identity: username })
  expect(await failureOf(source)).toMatchObject({
    code: 'BANYAN_SOURCE_UNAUTHORIZED',
    message: expect.stringContaining('user reader') as string,
  })
  // A secret that was changed is read anew.
  password = 'secret'
  expect((await source.probe(NO_SIGNAL)).user).toBe('reader')
  const anonymous = await openSource(server)
  expect(await failureOf(anonymous)).toMatchObject({
    code: 'BANYAN_SOURCE_UNAUTHORIZED',
    hint: expect.stringContaining('identity.type') as string,
  })
})

test('accounts: a certificate', async () => {
  const { server } = await startOpcUa({ scenario: 'empty', pki: await pkiFolder(true), rejectUnknownUsers: true })
  const security = { ...ENCRYPTED, pki: await pkiFolder(true) }
  await trust(server, security)
  const user = await ownCertificate({ security: { ...ENCRYPTED, pki: await pkiFolder(true) }, logger: silentLogger })
  const privateKeyFile = join(user.file, '..', '..', 'private', 'private_key.pem')
  const identity: OpcUaOptions['identity'] = { type: 'certificate', certificateFile: user.file, privateKeyFile }
  const source = await openSource(server, { security, identity })
  expect((await failureOf(source)).code).toBe('BANYAN_SOURCE_UNAUTHORIZED')
  await server.trustUser(user.certificate.der)
  await source.probe(NO_SIGNAL)
})

test('a secret that cannot be read names its file', async () => {
  const { server } = await startOpcUa({ scenario: 'empty' })
  const folder = await pkiFolder(true)
  const privateKeyFile = join(folder, 'key.pem')
  const own = await ownCertificate({ security: { ...ENCRYPTED, pki: folder }, logger: silentLogger })
  const identity = { type: 'certificate', certificateFile: own.file, privateKeyFile } as const
  const source = await openSource(server, { identity })
  expect(await failureOf(source)).toMatchObject({
    code: 'BANYAN_FILE',
    message: expect.stringContaining('key.pem') as string,
  })
  await writeFile(privateKeyFile, 'not a key')
  expect(await failureOf(source)).toMatchObject({
    code: 'BANYAN_FILE',
    message: expect.stringContaining('key.pem') as string,
  })
})

test('security the server does not offer is named beside what it offers', async () => {
  const { server } = await startOpcUa({ scenario: 'empty' })
  await server.stop()
  const gone = await openSource(server, { maxAttempts: 1 })
  expect(await failureOf(gone)).toMatchObject({ code: 'BANYAN_SOURCE_UNAVAILABLE' })
  await server.start()
  const security = { mode: 'Sign', policy: 'None', pki: await pkiFolder() } as const
  const failure = await failureOf(await openSource(server, { security }))
  expect(failure.code).toBe('BANYAN_SOURCE_REJECTED')
  expect(failure.hint).toMatch(/SignAndEncrypt with Basic256Sha256/)
})

test('a fingerprint is the same with and without colons, in either size', async () => {
  const { certificate } = await ownCertificate({
    security: { ...ENCRYPTED, pki: await pkiFolder() },
    logger: silentLogger,
  })
  for (const fingerprint of [certificate.sha1, certificate.sha256]) {
    expect(hasFingerprint(certificate, fingerprint)).toBe(true)
    expect(hasFingerprint(certificate, fingerprint.replaceAll(':', '').toLowerCase())).toBe(true)
    expect(hasFingerprint(certificate, fingerprint.slice(3))).toBe(false)
  }
  expect(hasFingerprint(certificate, '')).toBe(false)
  expect(messageOf(certificate.subject)).toContain('Banyan')
})
