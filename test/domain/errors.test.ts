import { describe, expect, it } from 'vitest'
import { BanyanError, ERROR_CODES, isBanyanError, messageOf } from '../../src/domain/errors.ts'

describe('BanyanError', () => {
  it('carries what a user and a retry policy need', () => {
    const cause = new Error('ECONNREFUSED')
    const error = new BanyanError('BANYAN_LOG_UNAVAILABLE', 'kafka:9092 does not answer', {
      retryable: true,
      hint: 'Start it.',
      context: { broker: 'kafka:9092' },
      cause,
    })
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({
      name: 'BanyanError',
      retryable: true,
      hint: 'Start it.',
      context: { broker: 'kafka:9092' },
      cause,
    })
  })

  it('is final and without cause unless said otherwise', () => {
    const error = new BanyanError('BANYAN_USAGE', 'no')
    expect([error.retryable, error.hint, error.context, 'cause' in error]).toEqual([false, undefined, {}, false])
  })

  it('is told by its code', () => {
    const error = new BanyanError('BANYAN_LOG_FENCED', 'no')
    expect(isBanyanError(error)).toBe(true)
    expect(isBanyanError(error, 'BANYAN_LOG_CORRUPT', 'BANYAN_LOG_FENCED')).toBe(true)
    expect(isBanyanError(error, 'BANYAN_LOG_CORRUPT')).toBe(false)
    expect(isBanyanError({ code: 'BANYAN_LOG_FENCED' })).toBe(false)
  })

  it('has each code once', () => {
    expect(new Set(ERROR_CODES).size).toBe(ERROR_CODES.length)
  })

  it('has a text for anything that was thrown', () => {
    expect([messageOf(new Error('a')), messageOf('b'), messageOf(undefined)]).toEqual(['a', 'b', 'undefined'])
  })
})
