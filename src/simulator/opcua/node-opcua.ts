/**
 * The server library, loaded only by who starts a server: it costs a second and some 100 MB.
 *
 * It is CommonJS, and what an `import` makes of that differs between Node and the tools that run TypeScript; `require`
 * is the same everywhere.
 */
import { createRequire } from 'node:module'
import { BanyanError } from '../../domain/errors.ts'

export type NodeOpcua = typeof import('node-opcua')

/** The one the client is pinned to: both share modules when they live in one process. */
const NODE_OPCUA_VERSION = '2.182.2'

let loaded: NodeOpcua | undefined

export function loadNodeOpcua(): NodeOpcua {
  if (loaded === undefined) {
    loaded = requireNodeOpcua()
    // It talks to stdout, which belongs to the command's answer. Once only: a client in this process may want to listen.
    loaded.setWarningLogger(() => undefined)
    loaded.setErrorLogger(() => undefined)
    loaded.setDebugLogger(() => undefined)
  }
  return loaded
}

/** Installed for development only: it would more than double what Banyan weighs, for a server Banyan never is. */
function requireNodeOpcua(): NodeOpcua {
  const require = createRequire(import.meta.url)
  try {
    return require('node-opcua') as NodeOpcua
  } catch (error) {
    throw new BanyanError('BANYAN_USAGE', 'the OPC UA simulator needs the package node-opcua, which is not installed', {
      hint: `Install it beside Banyan: npm install --no-save node-opcua@${NODE_OPCUA_VERSION}`,
      cause: error,
    })
  }
}
