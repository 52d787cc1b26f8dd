/**
 * SameServer: a tag id names a point of one data server for ever. Under the name of the old one, a new data server's
 * points would go on where others with the same number ended, as if they were theirs.
 */
import { BanyanError } from '../domain/errors.ts'
import type { SourceProbe } from '../source/source.ts'
import type { Store } from '../store/store.ts'

/** Throws BANYAN_CONFIG_INVALID when tags of this historian were copied from another data server than the probe met. */
export function refuseOtherServer(store: Store, historian: string, { source, server, serverGuid }: SourceProbe): void {
  // Tags are PI's; an OPC UA server that stands in for it is found by the nodes they are given.
  if (source !== 'pi-web-api') return
  const known = store.tags.serversCopied(historian).find((copied) => copied !== serverGuid.toLowerCase())
  if (known === undefined) return
  throw new BanyanError(
    'BANYAN_CONFIG_INVALID',
    `data server ${server} of historian ${historian} is ${serverGuid}, but its tags were copied from ${known}`,
    {
      hint: 'Give the other data server a historian of its own in the configuration: the same number there is another tag.',
      context: { historian, serverGuid, known },
    },
  )
}
