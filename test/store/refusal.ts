import { expect } from 'vitest'
import { BanyanError } from '../../src/domain/errors.ts'

/** The BanyanError that `body` throws. */
export function refusal(body: () => unknown): BanyanError {
  try {
    body()
  } catch (error) {
    expect(error).toBeInstanceOf(BanyanError)
    return error as BanyanError
  }
  return expect.fail('nothing was thrown')
}
