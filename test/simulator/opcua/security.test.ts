/** Who may connect: policies, certificates, users. */
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OPCUAClientOptions } from 'node-opcua'
import { expect, onTestFinished, test } from 'vitest'
import { startOpcUa } from '../../harness/opcua.ts'
import { clientCertificates, connectTo, opcua } from './client.ts'

const { MessageSecurityMode, SecurityPolicy, UserTokenType } = opcua
const ENCRYPTED: OPCUAClientOptions = {
  securityMode: MessageSecurityMode.SignAndEncrypt,
  securityPolicy: SecurityPolicy.Basic256Sha256,
  connectionStrategy: { maxRetry: 0 },
}

async function temporaryPki(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'banyan-opcua-pki-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

test.each(['Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss'] as const)('%s', async (policy) => {
  const { server } = await startOpcUa()
  const client = await connectTo(server.endpoint, { ...ENCRYPTED, securityPolicy: SecurityPolicy[policy] })
  expect(await client.rows('TYPE.FLOAT64')).toEqual(server.truth('TYPE.FLOAT64'))
})

test('an unknown client is refused until its certificate is trusted', async () => {
  const pki = await temporaryPki()
  const { server } = await startOpcUa({ scenario: 'empty', pki, rejectUnknownClients: true })
  await expect(connectTo(server.endpoint, ENCRYPTED)).rejects.toThrow()
  const own = await clientCertificates()
  const { raw } = new X509Certificate(await readFile(join(own.rootDir, 'own', 'certs', 'client_certificate.pem')))
  await server.trustClient(raw)
  const client = await connectTo(server.endpoint, ENCRYPTED)
  expect(client.nodeId('X')).toBe('ns=2;s=X')
})

test('users by name and password; nobody without a name where anonymous is off', async () => {
  const { server } = await startOpcUa({ scenario: 'empty', users: new Map([['reader', 'secret']]), anonymous: false })
  const signIn = (password: string): Promise<unknown> =>
    connectTo(server.endpoint, {}, { type: UserTokenType.UserName, userName: 'reader', password })
  await signIn('secret')
  await expect(signIn('wrong')).rejects.toThrow('BadUserAccessDenied')
  await expect(connectTo(server.endpoint)).rejects.toThrow(/ANONYMOUS/)
})

test('users by certificate, once it is trusted', async () => {
  const { server } = await startOpcUa({ scenario: 'empty', pki: await temporaryPki(), rejectUnknownUsers: true })
  const { rootDir, privateKey } = await clientCertificates()
  const certificate = await readFile(join(rootDir, 'own', 'certs', 'client_certificate.pem'))
  const { raw } = new X509Certificate(certificate)
  const signIn = async (): Promise<unknown> =>
    connectTo(server.endpoint, ENCRYPTED, {
      type: UserTokenType.Certificate,
      certificateData: raw,
      privateKey: await readFile(privateKey, 'utf8'),
    })
  await expect(signIn()).rejects.toThrow()
  await server.trustUser(raw)
  await signIn()
  expect(server.counters().sessions).toBe(2)
})

test('the certificate lasts a restart; an expired one can be asked for', async () => {
  const { server } = await startOpcUa({ scenario: 'empty', pki: await temporaryPki() })
  const certificate = await server.certificate()
  await server.restart()
  expect(await server.certificate()).toBe(certificate)
  expect(new Date(new X509Certificate(certificate).validTo).getTime()).toBeGreaterThan(Date.now())
  const { server: stale } = await startOpcUa({ scenario: 'empty', pki: await temporaryPki(), certificate: 'expired' })
  expect(new Date(new X509Certificate(await stale.certificate()).validTo).getTime()).toBeLessThan(Date.now())
})
