import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problem.ts'

const FIXTURES = join(import.meta.dirname, '..', '..', 'fixtures', 'config')

function load(file: string): unknown {
  return loadConfig({ file, environment: {}, workingDirectory: FIXTURES })
}

/** Each invalid fixture ends with what it must be told: line and column, path, message, hint. */
describe('invalid configurations', () => {
  const folder = join(FIXTURES, 'invalid')
  test.each(readdirSync(folder))('%s', (name) => {
    const file = join(folder, name)
    const expected = [...readFileSync(file, 'utf8').matchAll(/^# expect: (.*)$/gm)].map((match) => match[1])
    expect(expected).not.toEqual([])
    try {
      load(file)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      expect(error.code).toBe('BANYAN_CONFIG_INVALID')
      const told = error.message.split('\n').slice(1)
      expect(told.map((line) => line.trim().replaceAll(`${file}:`, '').replaceAll(FIXTURES, '<fixtures>'))).toEqual(
        expected,
      )
      return
    }
    expect.unreachable(`${name} was accepted`)
  })

  test.each(['inline-password.yaml', 'inline-token.yaml', 'url-with-credentials.yaml'])(
    'the secret in %s is not repeated',
    (name) => {
      const file = join(folder, name)
      expect(readFileSync(file, 'utf8')).toMatch(/hunter2|abcdef/)
      expect(() => load(file)).toThrow(/^(?!.*(hunter2|abcdef)).*$/s)
    },
  )
})

describe('valid configurations', () => {
  const folder = join(FIXTURES, 'valid')
  test.each(readdirSync(folder))('%s', (name) => {
    expect(load(join(folder, name))).toMatchObject({ bridge: 'north-site' })
  })
})
