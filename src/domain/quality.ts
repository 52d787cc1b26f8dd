/**
 * Quality: the 32-bit OPC UA StatusCode, and how PI's flags and system states become one.
 *
 * PI sends `Good`, `Questionable`, `Substituted` and, when bad, usually a system state as the value. The pairings
 * (Substituted with Local Override, Questionable with Uncertain) follow the vendor's own OPC DA and HDA interfaces;
 * the state table follows OPC UA Part 8 A.3.2.3 and Part 11 6.2.2. The state's number decides, never its name: names
 * are translated per site.
 */
export const STATUS = {
  good: 0x00000000,
  goodLocalOverride: 0x00960000,
  uncertain: 0x40000000,
  uncertainSubstituteValue: 0x40910000,
  bad: 0x80000000,
  badUserAccessDenied: 0x801f0000,
  badNoCommunication: 0x80310000,
  badWaitingForInitialData: 0x80320000,
  badOutOfRange: 0x803c0000,
  badUnderRange: 0x803c0500,
  badOverRange: 0x803c0600,
  badConfigurationError: 0x80890000,
  badDeviceFailure: 0x808b0000,
  badSensorFailure: 0x808c0000,
  badOutOfService: 0x808d0000,
  badNoData: 0x809b0000,
  badDataLost: 0x809d0000,
} as const

const STATUS_OF_PI_STATE: ReadonlyMap<number, number> = new Map([
  [210, STATUS.badUserAccessDenied],
  [211, STATUS.badNoData],
  [212, STATUS.badNoData],
  [213, STATUS.badOutOfService],
  [215, STATUS.badDeviceFailure],
  [216, STATUS.badNoData],
  [233, STATUS.badDeviceFailure],
  [238, STATUS.badOutOfService],
  [239, STATUS.badWaitingForInitialData],
  [240, STATUS.badConfigurationError],
  [241, STATUS.badSensorFailure],
  [245, STATUS.badOutOfService],
  [246, STATUS.badNoCommunication],
  [248, STATUS.badNoData],
  [250, STATUS.badOutOfRange],
  [251, STATUS.badUnderRange],
  [252, STATUS.badOverRange],
  [253, STATUS.badWaitingForInitialData],
  [254, STATUS.badDataLost],
])

export interface PiQuality {
  readonly good: boolean
  readonly questionable: boolean
  readonly substituted: boolean
  /** Number of the system state that stands in the place of the value, if one does. */
  readonly systemState?: number | undefined
}

/** `good: false` is bad whatever the other flags say; a good value is never bad, whatever its state's number. */
export function statusFromPi(quality: PiQuality): number {
  if (!quality.good) {
    return quality.systemState === undefined ? STATUS.bad : (STATUS_OF_PI_STATE.get(quality.systemState) ?? STATUS.bad)
  }
  if (quality.questionable) return quality.substituted ? STATUS.uncertainSubstituteValue : STATUS.uncertain
  return quality.substituted ? STATUS.goodLocalOverride : STATUS.good
}
