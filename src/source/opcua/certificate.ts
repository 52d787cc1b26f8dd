/** Certificates as people compare them: subject, validity and fingerprints of a DER chain's first element. */
import './foreign-log.ts'
import { X509Certificate } from 'node:crypto'
import { crypto_utils } from 'node-opcua-client'
import { contradiction } from './errors.ts'

export interface CertificateFacts {
  /** The certificate alone, without its chain. */
  readonly der: Buffer
  readonly subject: string
  readonly issuer: string
  readonly validFrom: Date
  readonly validUntil: Date
  /** Upper-case hex pairs with colons. */
  readonly sha1: string
  readonly sha256: string
}

/** `chain`: what a server presents, its own certificate first. */
export function certificateFacts(chain: Buffer): CertificateFacts {
  try {
    const der = crypto_utils.split_der(chain)[0] ?? chain
    const parsed = new X509Certificate(der)
    return {
      der: Buffer.from(der),
      subject: parsed.subject.replaceAll('\n', ', '),
      issuer: parsed.issuer.replaceAll('\n', ', '),
      validFrom: new Date(parsed.validFrom),
      validUntil: new Date(parsed.validTo),
      sha1: parsed.fingerprint,
      sha256: parsed.fingerprint256,
    }
  } catch {
    throw contradiction('the server presents a certificate that cannot be read')
  }
}

/** Is this fingerprint, with or without colons, SHA-1 or SHA-256, the certificate's? */
export function hasFingerprint(
  { sha1, sha256 }: Pick<CertificateFacts, 'sha1' | 'sha256'>,
  fingerprint: string,
): boolean {
  const asked = fingerprint.replaceAll(/[\s:]/g, '').toUpperCase()
  return asked === sha1.replaceAll(':', '') || asked === sha256.replaceAll(':', '')
}

/** PEM or DER, as DER. */
export function derOfFile(content: Buffer): Buffer {
  const body = /-----BEGIN CERTIFICATE-----([^-]+)-----END/.exec(content.toString('latin1'))?.[1]
  return body === undefined ? content : Buffer.from(body, 'base64')
}
