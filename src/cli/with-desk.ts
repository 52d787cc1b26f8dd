/** What the commands of a cutover begin with: the desk, on the store that is there, and who stands before it. */
import { userInfo } from 'node:os'
import type { Bridge } from '../app/bridge.ts'
import { CutoverDesk } from '../app/cutover/desk.ts'
import type { By, ByReason } from '../app/cutover/outcome.ts'
import { existingStore } from '../app/status.ts'
import { BanyanError } from '../domain/errors.ts'
import { type CommandContext, withBridge } from './context.ts'
import type { DecisionFlags } from './flags.ts'
import { readVersion } from './version.ts'

/** Throws BANYAN_USAGE when there is no store: who has copied nothing has nothing to move. */
export async function withDesk<T>(
  context: CommandContext,
  body: (desk: CutoverDesk, bridge: Bridge) => Promise<T>,
): Promise<T> {
  return withBridge(context, async (bridge) => {
    const store = await existingStore(bridge)
    if (store === undefined) {
      throw new BanyanError('BANYAN_USAGE', 'there is nothing to move yet: the store does not exist', {
        hint: 'Copy something with "banyan backfill" or "banyan sync" first.',
        context: { store: bridge.config.store },
      })
    }
    return body(new CutoverDesk({ bridge, store, version: readVersion() }), bridge)
  })
}

/** Throws BANYAN_USAGE when nobody says who decides, and the system does not know either. */
export function byOf(flags: DecisionFlags & { readonly reason: string }): ByReason
export function byOf(flags: DecisionFlags): By
export function byOf({ actor, reason }: DecisionFlags): By {
  return { actor: actor ?? userName(), reason }
}

function userName(): string {
  try {
    return userInfo().username
  } catch (cause) {
    throw new BanyanError('BANYAN_USAGE', 'the system does not know the name of this user', {
      hint: 'Say who decides: --actor NAME',
      cause,
    })
  }
}
