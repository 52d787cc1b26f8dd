/** Authorities: the certificates a connection trusts in place of the system's. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { BanyanError, messageOf } from '../domain/errors.ts'

/** TLS would pass over a file without certificates in silence, and then blame the server's. */
export function readAuthorities(file: string): string {
  let pem: string
  try {
    pem = readFileSync(file, 'utf8')
  } catch (error) {
    throw new BanyanError('BANYAN_CONFIG_INVALID', `cannot read the certificate file ${file}: ${messageOf(error)}`, {
      hint: 'check caFile in the configuration and the rights of the file',
      cause: error,
    })
  }
  try {
    new X509Certificate(pem)
    return pem
  } catch (error) {
    throw new BanyanError('BANYAN_CONFIG_INVALID', `the file ${file} holds no certificate in PEM form`, {
      hint: 'a PEM file begins with -----BEGIN CERTIFICATE-----; "openssl x509 -inform der -in <file>" makes one of a binary certificate',
      cause: error,
    })
  }
}
