/**
 * Secrets come from files or environment variables, never from banyan.yaml, and are read when they are needed: a
 * rotated file takes effect at the next sign-in. Messages name the place, never the value.
 */
import { readFileSync } from 'node:fs'
import { BanyanError, messageOf } from '../domain/errors.ts'
import type { Secret } from './config.ts'

/** Kerberos-sized tokens fit; a log file named by mistake does not. */
const MAX_SECRET_LENGTH = 65_536

/** Field names whose values the logger replaces, at the top and one and two levels down. */
const SECRET_FIELDS = ['password', 'token', 'secret', 'authorization', 'Authorization', 'cookie', 'set-cookie']
export const REDACTED_LOG_PATHS: readonly string[] = SECRET_FIELDS.flatMap((field) => {
  const quoted = `["${field}"]`
  return [quoted, `*${quoted}`, `*.*${quoted}`]
})

export type Environment = Readonly<Record<string, string | undefined>>

export function fileSecret(file: string): Secret {
  return {
    place: { file },
    read: () => {
      let content: string
      try {
        content = readFileSync(file, 'utf8')
      } catch (error) {
        throw new BanyanError('BANYAN_CONFIG_INVALID', `cannot read the secret file ${file}: ${messageOf(error)}`, {
          hint: 'create the file, readable only by the account that runs Banyan',
          cause: error,
        })
      }
      return checked(content, `file ${file}`)
    },
  }
}

export function environmentSecret(variable: string, environment: Environment): Secret {
  return { place: { variable }, read: () => checked(environment[variable] ?? '', `environment variable ${variable}`) }
}

/** Editors end a file with a newline that is not part of the secret. */
function checked(raw: string, place: string): string {
  const value = raw.replace(/\r?\n$/, '')
  if (value !== '' && value.length <= MAX_SECRET_LENGTH) return value
  const wrong = value === '' ? 'is missing or empty' : 'is too long to be a secret'
  throw new BanyanError('BANYAN_CONFIG_INVALID', `the secret in ${place} ${wrong}`, {
    hint: `put the secret into the ${place}`,
  })
}
