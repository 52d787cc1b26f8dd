/**
 * The double's own PKI folder: key, certificate, which clients and users it trusts.
 *
 * A folder that was not asked for is a temporary one and removed with the server. Its key, which takes longer to make
 * than a server to start, is made once per process.
 */
import { generateKeyPair } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { OPCUACertificateManager } from 'node-opcua'
import type { NodeOpcua } from './node-opcua.ts'

export const SERVER_URI = 'urn:banyan:simulator:server'
const DAY_MS = 86_400_000
const VALID_DAYS = 365
/** The least that all policies of today take. */
const KEY_BITS = 2048

export interface Certificates {
  readonly clients: OPCUACertificateManager
  readonly users: OPCUACertificateManager
  readonly certificateFile: string
  readonly privateKeyFile: string
  /** Removes the folder if it is a temporary one. */
  remove(): Promise<void>
}

export interface CertificateOptions {
  readonly pki: string | undefined
  readonly certificate: 'valid' | 'expired'
  readonly rejectUnknownClients: boolean
  readonly rejectUnknownUsers: boolean
}

export async function openCertificates(opcua: NodeOpcua, options: CertificateOptions): Promise<Certificates> {
  const folder = options.pki ?? (await mkdtemp(join(tmpdir(), 'banyan-opcua-simulator-')))
  const clients = await openStore(opcua, join(folder, 'server'), options.rejectUnknownClients)
  const users = await openStore(opcua, join(folder, 'users'), options.rejectUnknownUsers)
  const certificateFile = join(folder, 'server', 'own', 'certs', `${options.certificate}.pem`)
  // Made anew each time: a folder may outlive what was asked of it, and a certificate its year.
  await rm(certificateFile, { force: true })
  const ageDays = options.certificate === 'expired' ? 2 * VALID_DAYS : 1
  await clients.createSelfSignedCertificate({
    applicationUri: SERVER_URI,
    subject: '/CN=Banyan OPC UA simulator',
    dns: ['localhost', hostname()],
    ip: ['127.0.0.1'],
    outputFile: certificateFile,
    startDate: new Date(Date.now() - ageDays * DAY_MS),
    validity: VALID_DAYS,
  })
  const remove = async (): Promise<void> => {
    if (options.pki === undefined) await rm(folder, { recursive: true, force: true })
  }
  return { clients, users, certificateFile, privateKeyFile: clients.privateKey, remove }
}

async function openStore(
  opcua: NodeOpcua,
  rootFolder: string,
  rejectUnknown: boolean,
): Promise<OPCUACertificateManager> {
  await putKey(join(rootFolder, 'own', 'private'))
  const store = new opcua.OPCUACertificateManager({
    rootFolder,
    automaticallyAcceptUnknownCertificate: !rejectUnknown,
    disableFileWatchers: true,
  })
  await store.initialize()
  return store
}

let key: Promise<string> | undefined

/** A store without a key would make one of its own. One that is there stays. */
async function putKey(folder: string): Promise<void> {
  key ??= makeKey()
  await mkdir(folder, { recursive: true })
  const options = { flag: 'wx', mode: 0o600 }
  await writeFile(join(folder, 'private_key.pem'), await key, options).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  })
}

async function makeKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: KEY_BITS,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return privateKey
}
