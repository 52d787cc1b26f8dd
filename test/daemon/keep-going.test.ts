import { expect, it } from 'vitest'
import { KeepGoing } from '../../src/daemon/keep-going.ts'
import { BanyanError, type ErrorCode } from '../../src/domain/errors.ts'
import { silentLogger } from '../../src/telemetry/logger.ts'

const never = new AbortController().signal
const failing = (code: ErrorCode) => (): Promise<void> => Promise.reject(new BanyanError(code, `injected ${code}`))
const succeed = (): Promise<void> => Promise.resolve()

it('waits out what may pass, says so meanwhile, and forgets it at the first success', async () => {
  const service = new KeepGoing('reading', silentLogger)
  expect(await service.attempt(failing('BANYAN_SOURCE_UNAVAILABLE'), never)).toBe(false)
  expect(service.trouble).toMatchObject({ code: 'BANYAN_SOURCE_UNAVAILABLE' })
  expect(await service.attempt(succeed, never)).toBe(true)
  expect(service.trouble).toBeUndefined()
})

// A password file is missing while it is being replaced; a token expires until it is renewed.
it.each([
  'BANYAN_SOURCE_UNAUTHORIZED',
  'BANYAN_CONFIG_INVALID',
  'BANYAN_STORE_UNAVAILABLE',
  'BANYAN_LOG_UNAVAILABLE',
] as const)('survives %s', async (code) => {
  expect(await new KeepGoing('reading', silentLogger).attempt(failing(code), never)).toBe(false)
})

it.each([
  'BANYAN_LEASE_LOST',
  'BANYAN_LOG_FENCED',
  'BANYAN_LOG_CORRUPT',
  'BANYAN_LOG_UNSAFE',
  'BANYAN_INTERNAL',
] as const)('does not go on after %s', async (code) => {
  await expect(new KeepGoing('reading', silentLogger).attempt(failing(code), never)).rejects.toMatchObject({ code })
})

it('takes what is no error of ours for a defect', async () => {
  const service = new KeepGoing('reading', silentLogger)
  await expect(service.attempt(() => Promise.reject(new TypeError('x is undefined')), never)).rejects.toThrow(
    'undefined',
  )
})

it('ends its pause as soon as it is asked to stop', async () => {
  const stop = new AbortController()
  const attempt = new KeepGoing('reading', silentLogger).attempt(failing('BANYAN_SOURCE_UNAVAILABLE'), stop.signal)
  stop.abort(new Error('stop'))
  await expect(attempt).rejects.toThrow('stop')
})
