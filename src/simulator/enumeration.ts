/** Digital sets, and the SYSTEM set whose states may stand in the place of any value of any point. */
export interface EnumerationSet {
  readonly guid: string
  readonly name: string
  readonly description: string
  /** Ascending by value. */
  readonly states: readonly { readonly value: number; readonly name: string }[]
}

// Sites rename and translate these: readers must go by the number. Unnamed numbers print as `?<number>`, as PI does.
const NAMED_SYSTEM_STATES: ReadonlyMap<number, string> = new Map([
  [210, 'Access Denied'],
  [211, 'No Sample'],
  [212, 'No Result'],
  [213, 'Unit Down'],
  [215, 'Equip Fail'],
  [216, 'No Lab Data'],
  [240, 'Configure'],
  [245, 'Intf Shut'],
  [246, 'I/O Timeout'],
  [248, 'No Data'],
  [249, 'Calc Failed'],
  [251, 'Under Range'],
  [252, 'Over Range'],
  [253, 'Pt Created'],
  [254, 'Shutdown'],
  [255, 'Bad Input'],
])

/** The n-th set of a data server; SYSTEM is the first. */
export function enumerationSetGuid(index: number): string {
  return `5e700000-0000-4000-8000-${String(index).padStart(12, '0')}`
}

const FIRST_SYSTEM_STATE = 193
const LAST_SYSTEM_STATE = 320

export function systemStateName(code: number): string {
  return NAMED_SYSTEM_STATES.get(code) ?? `?${String(code)}`
}

export const SYSTEM_SET: EnumerationSet = {
  guid: enumerationSetGuid(0),
  name: 'SYSTEM',
  description: 'System digital states',
  states: Array.from({ length: LAST_SYSTEM_STATE - FIRST_SYSTEM_STATE + 1 }, (_, i) => ({
    value: FIRST_SYSTEM_STATE + i,
    name: systemStateName(FIRST_SYSTEM_STATE + i),
  })),
}
