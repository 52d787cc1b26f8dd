/**
 * Other: values Banyan has no type for (arrays, structures, node ids), as JSON that says what they are.
 *
 * `{"type":"Int32","dimensions":[2,3],"items":[…]}` for an array, `{"type":"NodeId","value":"nsu=…;i=5"}` for the rest.
 * 64-bit integers are decimal strings, floats that JSON lacks are `"NaN"`, `"Infinity"`, `"-Infinity"`, bytes are
 * base64, times are text; the same value is the same text on every read.
 */
import './foreign-log.ts'
import { DataType, VariantArrayType, type Variant } from 'node-opcua-client'
import { formatTicks } from '../../domain/ticks.ts'
import { ticksOfValue } from './time.ts'

/** Namespace URI by the index it has in this session. */
export type UriOf = (index: number) => string | undefined

/** A structure nested deeper than this is cut: no archive holds one, but a peer may send one. */
const MAX_DEPTH = 32

export function jsonOf(variant: Variant, uriOf: UriOf): string {
  const type = DataType[variant.dataType]
  if (variant.arrayType === VariantArrayType.Scalar) {
    return JSON.stringify({ type, value: plainOf(variant.value, variant.dataType, uriOf, 0) })
  }
  const dimensions = variant.dimensions ?? []
  return JSON.stringify({
    type,
    ...(dimensions.length === 0 ? {} : { dimensions }),
    items: Array.from(variant.value as ArrayLike<unknown>, (item) => plainOf(item, variant.dataType, uriOf, 0)),
  })
}

/** Only what says nothing different on another day: no class names, no indexes of the session. */
function plainOf(value: unknown, type: DataType | undefined, uriOf: UriOf, depth: number): unknown {
  if (value === null || value === undefined || depth > MAX_DEPTH) return null
  switch (type) {
    case DataType.Int64:
      return BigInt.asIntN(64, wide(value)).toString()
    case DataType.UInt64:
      return wide(value).toString()
    case DataType.Variant: {
      const { dataType, value: inner } = value as { readonly dataType: DataType; readonly value: unknown }
      return { type: DataType[dataType], value: plainOf(inner, dataType, uriOf, depth + 1) }
    }
    default:
  }
  switch (typeof value) {
    case 'number':
      if (!Number.isFinite(value)) return String(value)
      return Object.is(value, -0) ? '-0' : value
    case 'bigint':
      return value.toString()
    case 'string':
    case 'boolean':
      return value
    case 'object':
      return plainOfObject(value, uriOf, depth)
    default:
      return null
  }
}

function wide(value: unknown): bigint {
  const [high, low] = value as [number, number]
  return (BigInt(high) << 32n) | BigInt(low >>> 0)
}

function plainOfObject(value: object, uriOf: UriOf, depth: number): unknown {
  if (value instanceof Date) return formatTicks(ticksOfValue(value))
  if (Buffer.isBuffer(value)) return value.toString('base64')
  if (ArrayBuffer.isView(value) || Array.isArray(value)) {
    return Array.from(value as ArrayLike<unknown>, (item) => plainOf(item, undefined, uriOf, depth + 1))
  }
  if (isNodeId(value)) {
    const uri = value.namespaceUri ?? uriOf(value.namespace)
    const identifier = value.toString().replace(/^(?:svr=\d+;)?(?:ns=\d+;|nsu=[^;]*;)?/, '')
    return uri === undefined ? `ns=${value.namespace};${identifier}` : `nsu=${uri};${identifier}`
  }
  const fields = Object.entries(value).filter(
    ([name, field]) => !/^[_$]|^schema$/.test(name) && typeof field !== 'function',
  )
  return Object.fromEntries(fields.map(([name, field]) => [name, plainOf(field, undefined, uriOf, depth + 1)]))
}

interface NodeIdLike {
  readonly namespace: number
  readonly namespaceUri?: string | null
  readonly identifierType: number
  toString(): string
}

function isNodeId(value: object): value is NodeIdLike {
  return 'identifierType' in value && 'namespace' in value
}
