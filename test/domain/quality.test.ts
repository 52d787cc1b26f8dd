import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { STATUS, statusFromPi } from '../../src/domain/quality.ts'

const GOOD = { good: true, questionable: false, substituted: false }
const BAD = { ...GOOD, good: false }

/** OPC UA severity: 0 good, 1 uncertain, 2 bad. */
function severity(status: number): number {
  return status >>> 30
}

describe('statusFromPi', () => {
  it.each([
    [GOOD, STATUS.good],
    [{ ...GOOD, substituted: true }, STATUS.goodLocalOverride],
    [{ ...GOOD, questionable: true }, STATUS.uncertain],
    [{ ...GOOD, questionable: true, substituted: true }, STATUS.uncertainSubstituteValue],
    [BAD, STATUS.bad],
    [{ ...BAD, systemState: 254 }, STATUS.badDataLost],
    [{ ...BAD, systemState: 246 }, STATUS.badNoCommunication],
    [{ ...BAD, systemState: 248 }, STATUS.badNoData],
    [{ ...BAD, systemState: 9999 }, STATUS.bad],
  ])('%j is %i', (quality, status) => {
    expect(statusFromPi(quality)).toBe(status)
  })

  it('is bad exactly when the value is not good, whatever else is said', () => {
    const anyState = fc.option(fc.integer({ min: 0, max: 400 }), { nil: undefined })
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        anyState,
        (good, questionable, substituted, systemState) => {
          const status = statusFromPi({ good, questionable, substituted, systemState })
          expect(severity(status)).toBe(good ? (questionable ? 1 : 0) : 2)
          expect(Number.isInteger(status) && status >= 0 && status <= 0xffffffff).toBe(true)
        },
      ),
    )
  })
})
