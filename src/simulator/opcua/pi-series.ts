/**
 * A PI point's archive as an OPC UA server in front of it shows it.
 *
 * System states are rows without a value, with a Bad status chosen by the state's number (table below, after OPC UA
 * Part 8 A.3.2.3 and Part 11 6.2.2); number and name of the state do not survive, as an OPC UA row has no place for
 * them. A system state is Bad even where PI calls it good: Good without a value would mean nothing. The annotated flag
 * is no part of a status and does not survive either.
 */
import type { PiEvent, PiPointType, SimulatedPoint } from '../series.ts'
import type { UaRow, UaSeries, UaType, UaValue } from './row.ts'
import { UA_STATUS } from './status.ts'

export class PiSeries implements UaSeries {
  readonly #point: SimulatedPoint

  constructor(point: SimulatedPoint) {
    this.#point = point
  }

  get length(): number {
    return this.#point.series.length
  }

  ticksAt(index: number): bigint {
    return this.#point.series.ticksAt(index)
  }

  rowAt(index: number): UaRow {
    return rowOfPi(this.#point.series.eventAt(index), this.#point.pointType)
  }

  lowerBound(at: bigint): number {
    return this.#point.series.lowerBound(at)
  }
}

const TYPE_OF_POINT: Readonly<Record<PiPointType, UaType>> = {
  Float16: 'Float',
  Float32: 'Float',
  Float64: 'Double',
  Int16: 'Int16',
  Int32: 'Int32',
  Digital: 'Int32',
  String: 'String',
  Blob: 'ByteString',
  Timestamp: 'DateTime',
}

export function typeOfPoint(pointType: PiPointType): UaType {
  return TYPE_OF_POINT[pointType]
}

function rowOfPi(event: PiEvent, pointType: PiPointType): UaRow {
  const { ticks, value } = event
  if (typeof value !== 'object' || value instanceof Uint8Array)
    return { ticks, status: statusOf(event), value: of(value) }
  if (value.isSystem) return { ticks, status: STATUS_OF_STATE.get(value.value) ?? UA_STATUS.bad, value: undefined }
  return { ticks, status: statusOf(event), value: of(value.value) }

  function of(content: UaValue['value']): UaValue {
    return { type: TYPE_OF_POINT[pointType], value: content }
  }
}

function statusOf({ good, questionable, substituted }: PiEvent): number {
  if (!good) return UA_STATUS.bad
  if (questionable) return substituted ? UA_STATUS.uncertainSubstituteValue : UA_STATUS.uncertain
  return substituted ? UA_STATUS.goodLocalOverride : UA_STATUS.good
}

/** Whatever is not listed is plain Bad. */
const STATUS_OF_STATE: ReadonlyMap<number, number> = new Map([
  [210, UA_STATUS.badUserAccessDenied],
  [211, UA_STATUS.badNoData],
  [212, UA_STATUS.badNoData],
  [213, UA_STATUS.badOutOfService],
  [215, UA_STATUS.badDeviceFailure],
  [216, UA_STATUS.badNoData],
  [233, UA_STATUS.badDeviceFailure],
  [238, UA_STATUS.badOutOfService],
  [239, UA_STATUS.badWaitingForInitialData],
  [240, UA_STATUS.badConfigurationError],
  [241, UA_STATUS.badSensorFailure],
  [245, UA_STATUS.badOutOfService],
  [246, UA_STATUS.badNoCommunication],
  [248, UA_STATUS.badNoData],
  [250, UA_STATUS.badOutOfRange],
  [251, UA_STATUS.badUnderRange],
  [252, UA_STATUS.badOverRange],
  [253, UA_STATUS.badWaitingForInitialData],
  [254, UA_STATUS.badDataLost],
])
