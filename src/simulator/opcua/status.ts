/**
 * The StatusCodes the double answers with, of rows, of operations and of whole calls. Its own list, as the simulator
 * shares no code with the reader it is there to test.
 */
export const UA_STATUS = {
  good: 0x00000000,
  goodLocalOverride: 0x00960000,
  goodNoData: 0x00a50000,
  goodMoreData: 0x00a60000,
  uncertain: 0x40000000,
  uncertainSubstituteValue: 0x40910000,
  bad: 0x80000000,
  badUnexpectedError: 0x80010000,
  badInternalError: 0x80020000,
  badTooManyOperations: 0x80100000,
  badUserAccessDenied: 0x801f0000,
  badTimestampsToReturnInvalid: 0x802b0000,
  badNoCommunication: 0x80310000,
  badWaitingForInitialData: 0x80320000,
  badNodeIdUnknown: 0x80340000,
  badOutOfRange: 0x803c0000,
  badUnderRange: 0x803c0500,
  badOverRange: 0x803c0600,
  badNotSupported: 0x803d0000,
  badNotImplemented: 0x80400000,
  badContinuationPointInvalid: 0x804a0000,
  badNoContinuationPoints: 0x804b0000,
  badHistoryOperationInvalid: 0x80710000,
  badHistoryOperationUnsupported: 0x80720000,
  badConfigurationError: 0x80890000,
  badDeviceFailure: 0x808b0000,
  badSensorFailure: 0x808c0000,
  badOutOfService: 0x808d0000,
  badNoData: 0x809b0000,
  badDataLost: 0x809d0000,
  badInvalidArgument: 0x80ab0000,
  badResponseTooLarge: 0x80b90000,
  badAggregateNotSupported: 0x80d50000,
  badBoundNotFound: 0x80d70000,
  badBoundNotSupported: 0x80d80000,
} as const

/** Historian bits, valid only together with InfoType = DataValue (0x400). */
export const HISTORIAN_BITS = { interpolated: 0x402, extraData: 0x408 } as const
