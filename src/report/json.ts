/**
 * The JSON of a report, or of a part of it: the same wherever it goes, be it a file, a page or a web answer. Text from a
 * historian is spelled out where a terminal or an editor would act on it, which to a JSON parser means the same.
 */
import { printable } from '../util/printable.ts'

export function reportJson(value: unknown): string {
  return printable(JSON.stringify(value, keepNegativeZero))
}

/** A sample's `-0` differs from its `0`, which JSON.stringify forgets. */
function keepNegativeZero(key: string, value: unknown): unknown {
  return key === 'value' && Object.is(value, -0) ? '-0' : value
}
