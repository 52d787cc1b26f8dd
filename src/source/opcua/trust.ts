/** Trust: a person compares a fingerprint and says yes. Nothing else puts a server's certificate among the trusted. */
import { BanyanError } from '../../domain/errors.ts'
import { type CertificateFacts, certificateFacts } from './certificate.ts'
import { type OfferedEndpoint, readEndpoints } from './endpoints.ts'
import { forwardForeignLog } from './foreign-log.ts'
import type { OpcUaOptions, OpcUaSecurity } from './options.ts'
import { Pki } from './pki.ts'

export type TrustOptions = Pick<OpcUaOptions, 'endpoint' | 'security' | 'timeoutMs' | 'logger'>

export interface TrustOutcome {
  readonly certificate: CertificateFacts
  readonly wasTrusted: boolean
  readonly isTrusted: boolean
}

/** Shows the certificate the server presents to `confirm`, unless it is trusted already, and trusts it on a yes. */
export async function trustServer(
  { endpoint, security, timeoutMs, logger }: TrustOptions,
  confirm: (certificate: CertificateFacts) => Promise<boolean>,
): Promise<TrustOutcome> {
  forwardForeignLog(logger)
  const pki = await Pki.open(security.pki)
  try {
    const certificate = presentedOf(await readEndpoints(pki, endpoint, timeoutMs), security, endpoint)
    const wasTrusted = await pki.isTrusted(certificate)
    const isTrusted = wasTrusted || (await confirm(certificate))
    if (isTrusted && !wasTrusted) await pki.trust(certificate)
    return { certificate, wasTrusted, isTrusted }
  } finally {
    await pki.close()
  }
}

export interface OwnCertificate {
  readonly file: string
  readonly applicationUri: string
  readonly certificate: CertificateFacts
}

/** Ours, made now if there is none: what the server's administrator has to trust. */
export async function ownCertificate({
  security,
  logger,
}: Pick<TrustOptions, 'security' | 'logger'>): Promise<OwnCertificate> {
  forwardForeignLog(logger)
  const pki = await Pki.open(security.pki)
  try {
    const { certificateFile: file, applicationUri } = pki
    return { file, applicationUri, certificate: await pki.ownCertificate() }
  } finally {
    await pki.close()
  }
}

/** That of the endpoint we would use, else of any: a server has one, as a rule. */
function presentedOf(offers: readonly OfferedEndpoint[], security: OpcUaSecurity, endpoint: string): CertificateFacts {
  const asked = offers.find(({ mode, policy }) => mode === security.mode && policy === security.policy)
  const presented = asked?.certificate ?? offers.find(({ certificate }) => certificate !== undefined)?.certificate
  if (presented !== undefined) return certificateFacts(presented)
  throw new BanyanError('BANYAN_SOURCE_REJECTED', `${endpoint} presents no certificate`, {
    hint: 'There is nothing to trust: a server without one offers security mode None alone.',
  })
}
