/**
 * States: the names of a digital tag's values. A variable has them itself (EnumStrings, EnumValues, or TrueState and
 * FalseState), or its data type does.
 */
import './foreign-log.ts'
import { AttributeIds } from 'node-opcua-client'
import type { OpcUaAddress } from '../../domain/opc-ua-address.ts'
import { type PathRead, readAttributes, readProperties } from './attributes.ts'
import type { Requests } from './requests.ts'
import type { StateNames } from './value.ts'

const WHAT = 'reading the names of states'
const HAS_PROPERTY = 46
const STATE_PROPERTIES = ['EnumStrings', 'EnumValues', 'FalseState', 'TrueState'] as const

/** No plant equipment has more states; a server that says so is not believed. */
const MAX_STATES = 65_536

/** Its own, or those of its data type. In the order of `addresses`; undefined for a node whose states have no names. */
export async function readStates(
  requests: Requests,
  addresses: readonly OpcUaAddress[],
  signal: AbortSignal,
): Promise<(StateNames | undefined)[]> {
  const own = await readOwnStates(requests, addresses, signal)
  const reads = addresses
    .filter((_address, index) => own[index] === undefined)
    .map((address) => ({ address, attributeId: AttributeIds.DataType }))
  const dataTypes = (await readAttributes(requests, reads, WHAT, signal)).map(
    ({ value }) => value as OpcUaAddress | undefined,
  )
  const known = dataTypes.filter((dataType) => dataType !== undefined)
  const states = await readOwnStates(requests, known, signal)
  const ofDataType = new Map(known.map((dataType, index) => [dataType, states[index]] as const))
  let next = 0
  return own.map((names) => {
    if (names !== undefined) return names
    const dataType = dataTypes[next++]
    return dataType === undefined ? undefined : ofDataType.get(dataType)
  })
}

/** Those a node names itself. */
export async function readOwnStates(
  requests: Requests,
  addresses: readonly OpcUaAddress[],
  signal: AbortSignal,
): Promise<(StateNames | undefined)[]> {
  const reads = addresses.flatMap((address): PathRead[] =>
    STATE_PROPERTIES.map((name) => ({ address, path: [{ reference: HAS_PROPERTY, name }] })),
  )
  const values = await readProperties(requests, reads, WHAT, signal)
  return addresses.map((_address, index) => {
    const at = index * STATE_PROPERTIES.length
    const [strings, enumValues, falseState, trueState] = values.slice(at, at + STATE_PROPERTIES.length)
    return namesOfValues(enumValues) ?? namesOfStrings(strings) ?? namesOfStrings([falseState, trueState])
  })
}

/** EnumValueType[]: numbers with gaps. */
function namesOfValues(values: unknown): StateNames | undefined {
  if (!Array.isArray(values) || values.length === 0 || values.length > MAX_STATES) return undefined
  const names = new Map<number, string>()
  for (const item of values as readonly { value?: unknown; displayName?: unknown }[]) {
    const code = numberOf(item.value)
    const name = textOf(item.displayName)
    if (code !== undefined && name !== undefined) names.set(code, name)
  }
  return names.size === 0 ? undefined : names
}

/** LocalizedText[]: the place is the number. */
function namesOfStrings(values: unknown): StateNames | undefined {
  if (!Array.isArray(values) || values.length > MAX_STATES) return undefined
  const names = new Map<number, string>()
  for (const [code, value] of values.entries()) {
    const name = textOf(value)
    if (name !== undefined) names.set(code, name)
  }
  return names.size === 0 ? undefined : names
}

/** Int64 arrives as two halves, high first. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (!Array.isArray(value)) return undefined
  const [high, low] = value as [number, number]
  const exact = Number(BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low >>> 0)))
  return Number.isSafeInteger(exact) ? exact : undefined
}

/** Of a LocalizedText. The wire does not always tell an empty text from none. */
function textOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('text' in value)) return undefined
  return typeof value.text === 'string' ? value.text : ''
}
