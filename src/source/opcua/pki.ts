/**
 * Pki: our key and certificate, and the certificates of servers we trust, in a folder of the bridge's own. Nothing is
 * trusted on first sight: the library's own folder would do that.
 *
 *   own/private/private_key.pem, own/certs/client_certificate.pem    made on first use, valid for ten years
 *   trusted/certs/                                                    servers (or authorities) a person has trusted
 *   rejected/                                                         what was presented and is not trusted
 */
import './foreign-log.ts'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import { makeApplicationUrn } from 'node-opcua-client'
import { BanyanError, messageOf } from '../../domain/errors.ts'
import { certificateFacts, derOfFile, type CertificateFacts } from './certificate.ts'

export const APPLICATION_NAME = 'Banyan'
const VALID_DAYS = 3650

export class Pki {
  readonly manager: OPCUACertificateManager
  /** Must stay the same as in the certificate: servers compare the two. */
  readonly applicationUri = makeApplicationUrn(hostname(), APPLICATION_NAME)
  readonly certificateFile: string
  readonly privateKeyFile: string
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
    this.manager = new OPCUACertificateManager({
      rootFolder: folder,
      automaticallyAcceptUnknownCertificate: false,
      disableFileWatchers: true,
    })
    // One reference of our own: clients come and go, the folder stays open.
    this.manager.referenceCounter += 1
    this.certificateFile = join(folder, 'own', 'certs', 'client_certificate.pem')
    this.privateKeyFile = this.manager.privateKey
  }

  /** Makes what is missing. Throws BANYAN_FILE. */
  static async open(folder: string): Promise<Pki> {
    try {
      const pki = new Pki(folder)
      await pki.manager.initialize()
      if (!existsSync(pki.certificateFile)) await pki.#certify()
      return pki
    } catch (cause) {
      throw new BanyanError('BANYAN_FILE', `the PKI folder ${folder} cannot be used: ${messageOf(cause)}`, {
        hint: 'Make security.pki a folder this account may write to.',
        context: { folder },
        cause,
      })
    }
  }

  async #certify(): Promise<void> {
    await this.manager.createSelfSignedCertificate({
      applicationUri: this.applicationUri,
      dns: [hostname()],
      outputFile: this.certificateFile,
      subject: `/CN=${APPLICATION_NAME}@${hostname().slice(0, 48)}`,
      startDate: new Date(),
      validity: VALID_DAYS,
    })
  }

  async ownCertificate(): Promise<CertificateFacts> {
    return certificateFacts(derOfFile(await readFile(this.certificateFile)))
  }

  /** Looks into the folder again: another process may have trusted a server meanwhile. */
  async refresh(): Promise<void> {
    await this.manager.reloadCertificates()
  }

  async trust({ der }: CertificateFacts): Promise<void> {
    await this.manager.trustCertificate(der)
  }

  async isTrusted({ der }: CertificateFacts): Promise<boolean> {
    return (await this.manager.getTrustStatus(der)).value === 0
  }

  async close(): Promise<void> {
    await this.manager.dispose()
  }
}
