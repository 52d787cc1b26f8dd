/**
 * Unknown status codes, kept whole.
 *
 * The library knows the codes of the standard and decodes every other as plain Bad: an Uncertain of a vendor would
 * become Bad, and print a line of its own for each row. So its table is filled up once with every code the wire can
 * carry: four severities times 4,096 sub-codes (Part 4, 7.39; the two bits between them are reserved and always 0).
 * The 16 bits of information below the code are kept by the library itself.
 */
import { _installStatusCodes, coerceStatusCode, ConstantStatusCode, StatusCodes } from 'node-opcua-status-code'

const SEVERITIES = 4
const SUB_CODES = 4096

let installed = false

export function keepUnknownStatusCodes(): void {
  if (installed) return
  installed = true
  const codes = Object.values(StatusCodes) as readonly ConstantStatusCode[]
  const known = new Set(codes.map((code) => code.value))
  const added: Record<string, ConstantStatusCode> = {}
  for (let severity = 0; severity < SEVERITIES; severity++) {
    for (let subCode = 0; subCode < SUB_CODES; subCode++) {
      const value = severity * 2 ** 30 + subCode * 2 ** 16
      if (known.has(value)) continue
      const name = `0x${value.toString(16).padStart(8, '0')}`
      added[name] = new ConstantStatusCode({ value, name, description: '' })
    }
  }
  _installStatusCodes(added, StatusCodes.Bad, coerceStatusCode)
}
