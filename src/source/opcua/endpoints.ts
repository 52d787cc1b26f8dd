/** What a server offers: its security modes and policies, and its certificate. Asked without security, as discovery is. */
import './foreign-log.ts'
import { MessageSecurityMode, OPCUAClient, type EndpointDescription } from 'node-opcua-client'
import { APPLICATION_NAME, type Pki } from './pki.ts'
import { withDeadline } from './deadline.ts'
import { errorOfCall, lateError } from './errors.ts'
import { printable } from './printable.ts'

export interface OfferedEndpoint {
  /** `None`, `Sign`, `SignAndEncrypt`. */
  readonly mode: string
  /** Without its URI: `Basic256Sha256`. */
  readonly policy: string
  /** Undefined where the endpoint has none. */
  readonly certificate: Buffer | undefined
}

export async function readEndpoints(pki: Pki, endpoint: string, timeoutMs: number): Promise<OfferedEndpoint[]> {
  const what = `asking ${endpoint} what it offers`
  const client = OPCUAClient.create({
    applicationName: APPLICATION_NAME,
    applicationUri: pki.applicationUri,
    clientCertificateManager: pki.manager,
    certificateFile: pki.certificateFile,
    privateKeyFile: pki.privateKeyFile,
    connectionStrategy: { maxRetry: 0 },
    defaultTransactionTimeout: timeoutMs,
    endpointMustExist: false,
  })
  const late = (): Error => lateError(what, endpoint, timeoutMs)
  try {
    await withDeadline(client.connect(endpoint), timeoutMs, late)
    return (await withDeadline(client.getEndpoints(), timeoutMs, late)).map(offered)
  } catch (error) {
    throw errorOfCall(error, what, endpoint)
  } finally {
    void client.disconnect().catch(() => undefined)
  }
}

function offered({ securityMode, securityPolicyUri, serverCertificate }: EndpointDescription): OfferedEndpoint {
  const certificate = serverCertificate as Buffer | null | undefined
  return {
    mode: MessageSecurityMode[securityMode],
    policy: printable((securityPolicyUri ?? '').replace(/^.*#/, '')),
    certificate: certificate === null || certificate?.length === 0 ? undefined : certificate,
  }
}
