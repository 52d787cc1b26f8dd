/** Looks whether the files and variables the configuration names can be read, before a job finds out at night. */
import { accessSync, constants } from 'node:fs'
import { messageOf } from '../domain/errors.ts'
import type { ResolvedConfig, Secret } from './config.ts'

export interface UnreadableFile {
  /** Dotted path of the key that names it. */
  readonly path: string
  readonly message: string
}

export function unreadableFiles(config: ResolvedConfig): UnreadableFile[] {
  const found: UnreadableFile[] = []
  const attempt = (path: string, read: () => void): void => {
    try {
      read()
    } catch (error) {
      found.push({ path, message: messageOf(error) })
    }
  }
  const secret = (path: string, value: Secret): void => attempt(path, () => void value.read())
  const file = (path: string, name: string | undefined): void => {
    if (name !== undefined) attempt(path, () => accessSync(name, constants.R_OK))
  }

  for (const { name, piWebApi, opcua } of config.historians) {
    if (piWebApi !== undefined) {
      const path = `historians.${name}.piWebApi`
      if (piWebApi.auth.type === 'basic') secret(`${path}.auth`, piWebApi.auth.password)
      if (piWebApi.auth.type === 'bearer') secret(`${path}.auth`, piWebApi.auth.token)
      file(`${path}.tls.caFile`, piWebApi.caFile)
    }
    if (opcua !== undefined) {
      const { identity } = opcua
      const path = `historians.${name}.opcua.identity`
      if (identity.type === 'username') secret(path, identity.password)
      if (identity.type === 'certificate') {
        file(`${path}.certificateFile`, identity.certificateFile)
        file(`${path}.privateKeyFile`, identity.privateKeyFile)
      }
    }
  }
  if (config.log.kind === 'kafka') {
    file('log.kafka.tls.caFile', config.log.tls?.caFile)
    if (config.log.sasl !== undefined) secret('log.kafka.sasl', config.log.sasl.password)
  }
  return found
}
