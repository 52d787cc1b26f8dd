/** What kafka-up remembers for kafka-down. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { CACHE } from './jars.ts'

export const PID_FILE = join(CACHE, 'broker.json')

export interface PidFile {
  readonly pid: number
  readonly brokers: string
  readonly folder: string
}

/** True while that pid is a Kafka broker: pids are reused, and a stranger must not be stopped. */
export function isBroker(pid: number): boolean {
  try {
    return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).includes('kafka.Kafka')
  } catch {
    return false
  }
}
