/** The certificates of a historian's OPC UA connection: the server's, which a person trusts, and ours. */
import type { OpcUaConfig, ResolvedConfig } from '../config/config.ts'
import { BanyanError } from '../domain/errors.ts'
import type { CertificateFacts } from '../source/opcua/certificate.ts'
import type { OwnCertificate, TrustOutcome } from '../source/opcua/trust.ts'
import type { Logger } from '../telemetry/logger.ts'

export async function trustHistorian(
  config: ResolvedConfig,
  historian: string,
  confirm: (certificate: CertificateFacts) => Promise<boolean>,
  logger: Logger,
): Promise<TrustOutcome> {
  const opcua = opcuaOf(config, historian)
  const { trustServer } = await import('../source/opcua/trust.ts')
  return trustServer({ ...opcua, logger }, confirm)
}

export async function ownCertificateFor(
  config: ResolvedConfig,
  historian: string,
  logger: Logger,
): Promise<OwnCertificate> {
  const { security } = opcuaOf(config, historian)
  const { ownCertificate } = await import('../source/opcua/trust.ts')
  return ownCertificate({ security, logger })
}

export async function isFingerprintOf(
  certificate: Pick<CertificateFacts, 'sha1' | 'sha256'>,
  fingerprint: string,
): Promise<boolean> {
  const { hasFingerprint } = await import('../source/opcua/certificate.ts')
  return hasFingerprint(certificate, fingerprint)
}

function opcuaOf(config: ResolvedConfig, historian: string): OpcUaConfig {
  const found = config.historians.find(({ name }) => name === historian)
  if (found?.opcua !== undefined) return found.opcua
  const names = config.historians.filter(({ opcua }) => opcua !== undefined).map(({ name }) => name)
  throw new BanyanError('BANYAN_USAGE', `no historian ${historian} with an opcua connection in the configuration`, {
    hint: names.length === 0 ? 'Give one of the historians an opcua section.' : `There is ${names.join(', ')}.`,
  })
}
