/**
 * Which hosts a client may ask for. A page of a stranger can point its own name at our address and then read our
 * answers in the name of its visitor (DNS rebinding); but its requests carry that name. An IP address cannot be
 * rebound, so addresses are always our own; of the names, those known here.
 */
import { isIP } from 'node:net'

const HOST = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+?)\.?)(?::\d*)?$/

/** `names`: lower-case, beside `localhost`. The predicate takes a `Host` header, with or without a port. */
export function ownHosts(names: readonly string[]): (host: string) => boolean {
  const known = new Set(['localhost', ...names])
  return (host) => {
    const name = nameOf(host)
    return name !== undefined && (isIP(name) !== 0 || known.has(name))
  }
}

/** Without port, brackets and the dot of the root; undefined when it is no host. */
function nameOf(host: string): string | undefined {
  const match = HOST.exec(host)
  return (match?.[1] ?? match?.[2])?.toLowerCase()
}
