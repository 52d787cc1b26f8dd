/**
 * Kill switch: a person's way to send every consumer of every workload back to the historian, when nothing else works.
 * It needs neither log nor store nor a running bridge: a variable of the environment, or a file that exists.
 *
 * It changes no state: when it is off again, routing is as the records say. A workload that is retired is sent back too,
 * whether or not its historian is still fed.
 */
import { statSync } from 'node:fs'
import { messageOf } from '../domain/errors.ts'

const KILL_SWITCH_VARIABLE = 'BANYAN_KILL_SWITCH'

export interface KillSwitch {
  readonly isOn: boolean
  /** What turned it on. */
  readonly by?: string
}

/** `file`: path of the file that turns it on by being there. Any value of the variable but an empty one turns it on. */
export function readKillSwitch(
  environment: Readonly<Record<string, string | undefined>>,
  file: string | undefined,
): KillSwitch {
  if ((environment[KILL_SWITCH_VARIABLE] ?? '') !== '') return { isOn: true, by: KILL_SWITCH_VARIABLE }
  if (file === undefined) return { isOn: false }
  try {
    return statSync(file, { throwIfNoEntry: false }) === undefined ? { isOn: false } : { isOn: true, by: file }
  } catch (error) {
    // Somebody may have turned it on where it cannot be seen: the historian is the safe side.
    return { isOn: true, by: `${file} cannot be looked at: ${messageOf(error)}` }
  }
}
