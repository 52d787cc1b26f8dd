/** The `opcua` keys of a historian: the node list is read, and combinations that cannot work are refused. */
import type { OpcUaConfig, OpcUaIdentityConfig, OpcUaNodesConfig, OpcUaSecurityConfig, Secret } from './config.ts'
import { readNodeList } from './node-list.ts'
import { DEFAULT_OUTAGE_MS, FAILOVER_DEFAULTS } from './opcua-schema.ts'
import type { ConfigPath, Report } from './problem.ts'
import { formatDuration } from './scalars.ts'
import type { Config } from './schema.ts'

type Historian = Config['historians'][string]
type OpcUa = NonNullable<Historian['opcua']>

export interface OpcUaResolving {
  /** A path of the file, absolute. */
  readonly path: (relative: string) => string
  readonly password: (
    keys: { readonly passwordFile?: string | undefined; readonly passwordEnv?: string | undefined },
    path: ConfigPath,
  ) => Secret
  /** Reads a list file; what is wrong with it is reported. */
  readonly readList: <T extends { readonly problem: ListProblem }>(
    file: string,
    path: ConfigPath,
    read: (file: string) => T,
  ) => T | undefined
  readonly report: Report
}

export type ListProblem = { readonly line: number | undefined; readonly message: string } | undefined

export function resolveOpcUa(opcua: OpcUa, path: ConfigPath, resolving: OpcUaResolving): OpcUaConfig {
  const { failover } = opcua
  return {
    endpoint: opcua.endpoint,
    security: securityOf(opcua, [...path, 'security'], resolving),
    identity: identityOf(opcua, [...path, 'identity'], resolving),
    nodes: nodesOf(opcua, [...path, 'nodes'], resolving),
    pageSize: opcua.pageSize,
    timeoutMs: opcua.timeout,
    outageMs: opcua.outage ?? DEFAULT_OUTAGE_MS,
    limits: opcua.limits,
    failover: opcua.role === 'only' ? undefined : failoverOf(failover ?? FAILOVER_DEFAULTS),
  }
}

/** Which of the two sections go together. */
export function checkRoles({ piWebApi, opcua }: Historian, path: ConfigPath, report: Report): void {
  if (opcua === undefined) {
    if (piWebApi === undefined) report(path, 'has neither piWebApi nor opcua', 'say how the historian is read')
    return
  }
  const at = [...path, 'opcua']
  if (opcua.role === 'fallback' && piWebApi === undefined) {
    report([...at, 'role'], 'is fallback, but there is no piWebApi to stand in for', 'use role: only, or add piWebApi')
  }
  if (opcua.role === 'only' && piWebApi !== undefined) {
    report([...at, 'role'], 'is only, but there is a piWebApi too', 'use role: fallback, or remove one of the two')
  }
  if (opcua.role === 'only' && opcua.failover !== undefined) {
    report([...at, 'failover'], 'is of no use without a PI Web API to fall back from', 'remove it')
  }
  if (opcua.role === 'fallback' && opcua.outage !== undefined) {
    report([...at, 'outage'], 'is of no use to a fallback', 'piWebApi.outage says how long both may be away')
  }
  const afterMs = (opcua.failover ?? FAILOVER_DEFAULTS).after
  if (piWebApi !== undefined && opcua.role === 'fallback' && piWebApi.outage <= afterMs) {
    const least = `opcua.failover.after (${formatDuration(afterMs)})`
    report([...path, 'piWebApi', 'outage'], `must be longer than ${least}`, 'else a job stops before OPC UA takes over')
  }
  if (opcua.role === 'fallback' && opcua.nodes.browse !== undefined) {
    report(
      [...at, 'nodes', 'browse'],
      'cannot tell which tag of PI a node is',
      'use nodes: { file: … } or nodes: { pattern: … }',
    )
  }
}

function securityOf(
  { security }: OpcUa,
  path: ConfigPath,
  { path: absolute, report }: OpcUaResolving,
): OpcUaSecurityConfig {
  const { mode, policy, pki } = security
  if (mode === 'None' && policy !== undefined && policy !== 'None') {
    report([...path, 'policy'], 'is not used with mode None', 'use mode: SignAndEncrypt')
  }
  if (mode !== 'None' && policy === 'None') {
    report([...path, 'policy'], `is None, but mode ${mode} needs one`, 'use policy: Basic256Sha256')
  }
  return { mode, policy: policy ?? (mode === 'None' ? 'None' : 'Basic256Sha256'), pki: absolute(pki) }
}

function identityOf({ identity }: OpcUa, path: ConfigPath, resolving: OpcUaResolving): OpcUaIdentityConfig {
  switch (identity.type) {
    case 'anonymous':
      return { type: 'anonymous' }
    case 'username':
      return { type: 'username', username: identity.username, password: resolving.password(identity, path) }
    case 'certificate':
      return {
        type: 'certificate',
        certificateFile: resolving.path(identity.certificateFile),
        privateKeyFile: resolving.path(identity.privateKeyFile),
      }
  }
}

function nodesOf(
  { nodes }: OpcUa,
  path: ConfigPath,
  { path: absolute, readList, report }: OpcUaResolving,
): OpcUaNodesConfig {
  const { file, pattern, browse } = nodes
  if ([file, pattern, browse].filter((key) => key !== undefined).length !== 1) {
    report(path, 'needs one of file, pattern and browse')
  }
  if (browse !== undefined) return { kind: 'browse', root: browse }
  if (file === undefined) return { kind: 'pattern', pattern: pattern ?? '' }
  const list = absolute(file)
  return { kind: 'list', file: list, entries: readList(list, [...path, 'file'], readNodeList)?.entries ?? new Map() }
}

function failoverOf({ after, back, overlap }: NonNullable<OpcUa['failover']>): NonNullable<OpcUaConfig['failover']> {
  return { afterMs: after, backMs: back, overlapMs: overlap }
}
