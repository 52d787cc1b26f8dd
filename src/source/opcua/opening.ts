/** Why a session could not be had, and what to do about it: certificates, identities, endpoints, the network. */
import { BanyanError, messageOf } from '../../domain/errors.ts'
import { certificateFacts } from './certificate.ts'
import { readEndpoints, type OfferedEndpoint } from './endpoints.ts'
import { errorOfCall, statusIn } from './errors.ts'
import type { OpcUaOptions } from './options.ts'
import type { Pki } from './pki.ts'
import { printable } from './printable.ts'

const CERTIFICATE_TIME_INVALID = 0x8014
const SECURITY_CHECKS_FAILED = 0x8013
const CERTIFICATE_FIRST = 0x8012
const CERTIFICATE_LAST = 0x801d
const IDENTITY_REFUSED = new Set([0x801f, 0x8020, 0x8021])

/** The library verified the server's certificate itself, before it spoke to the server. */
const OUR_VERDICT = /server Certificate verification failed/

/** `error`: what the library threw while connecting or signing in. */
export async function errorOfOpening(error: unknown, options: OpcUaOptions, pki: Pki): Promise<BanyanError> {
  if (error instanceof BanyanError) return error
  const { endpoint, historian } = options
  const text = messageOf(error)
  const code = (statusIn(error) ?? 0) >>> 16
  if (OUR_VERDICT.test(text)) return certificateError(code, options, pki)
  if (code === SECURITY_CHECKS_FAILED || (code >= CERTIFICATE_FIRST && code <= CERTIFICATE_LAST)) {
    return refused(`${endpoint} does not accept our certificate (${printable(text)})`, {
      hint: `\`banyan opcua certificate ${historian}\` prints it: have the server's administrator trust it.`,
      context: { endpoint },
    })
  }
  if (IDENTITY_REFUSED.has(code)) {
    return refused(`${endpoint} does not let us in as ${identityText(options)}`, {
      hint: 'Check identity of this historian: the account, and its password or certificate file.',
      context: { endpoint },
    })
  }
  if (/user token policy/.test(text)) {
    return refused(`${endpoint} does not offer to sign in as ${identityText(options)}`, {
      hint: 'Choose another identity.type: username, certificate or anonymous.',
      context: { endpoint },
    })
  }
  if (/End point must exist|Cannot find an Endpoint|cannot find endpoint/i.test(text)) {
    return noSuchEndpoint(options, pki)
  }
  return errorOfCall(error, 'connecting', endpoint)
}

function refused(message: string, options: ConstructorParameters<typeof BanyanError>[2]): BanyanError {
  return new BanyanError('BANYAN_SOURCE_UNAUTHORIZED', message, options)
}

async function certificateError(code: number, options: OpcUaOptions, pki: Pki): Promise<BanyanError> {
  const { endpoint, historian } = options
  const presented = (await offers(options, pki)).find(isAsked(options))?.certificate
  if (presented === undefined) return refused(`${endpoint} presents no certificate`, { context: { endpoint } })
  const { subject, validFrom, validUntil, sha1, sha256 } = certificateFacts(presented)
  const context = { endpoint, sha1, sha256 }
  const shown = `"${printable(subject)}", SHA-1 ${sha1}, SHA-256 ${sha256}`
  if (code === CERTIFICATE_TIME_INVALID) {
    const validity = `${validFrom.toISOString()} to ${validUntil.toISOString()}`
    return refused(`the certificate of ${endpoint} is valid from ${validity} only: ${shown}`, {
      hint: "Have the server's certificate renewed; if that is not it, check this machine's clock.",
      context,
    })
  }
  return refused(`the certificate of ${endpoint} is not trusted: ${shown}`, {
    hint:
      "Compare the fingerprint with the one the server's administrator tells you, then run " +
      `\`banyan opcua trust ${historian} --fingerprint ${sha256}\`.`,
    context,
  })
}

async function noSuchEndpoint(options: OpcUaOptions, pki: Pki): Promise<BanyanError> {
  const { endpoint, security } = options
  const found = (await offers(options, pki)).map(({ mode, policy }) => `${mode} with ${policy}`)
  return new BanyanError(
    'BANYAN_SOURCE_REJECTED',
    `${endpoint} does not offer security ${security.mode} with policy ${security.policy}`,
    {
      hint: found.length === 0 ? 'Choose what the server offers.' : `It offers ${[...new Set(found)].join(', ')}.`,
      context: { endpoint },
    },
  )
}

/** They only improve a message: a server that does not tell them is no further failure. */
async function offers({ endpoint, timeoutMs }: OpcUaOptions, pki: Pki): Promise<OfferedEndpoint[]> {
  return readEndpoints(pki, endpoint, timeoutMs).catch(() => [])
}

function isAsked({ security }: OpcUaOptions): (offer: OfferedEndpoint) => boolean {
  return ({ mode, policy, certificate }) =>
    certificate !== undefined && mode === security.mode && policy === security.policy
}

function identityText({ identity }: OpcUaOptions): string {
  switch (identity.type) {
    case 'anonymous':
      return 'an anonymous user'
    case 'username':
      return `user ${identity.username}`
    case 'certificate':
      return `the user of certificate ${identity.certificateFile}`
  }
}
