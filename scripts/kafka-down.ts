/** Stops the broker that kafka-up started, by its pid, and removes its data. */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { isBroker, PID_FILE, type PidFile } from './kafka/pid-file.ts'

const POLL_MS = 50
const TERM_TIMEOUT_MS = 20_000

if (!existsSync(PID_FILE)) {
  console.error('no broker was started by kafka-up')
  process.exit(0)
}
const { pid, folder } = JSON.parse(readFileSync(PID_FILE, 'utf8')) as PidFile
const deadline = Date.now() + TERM_TIMEOUT_MS
if (isBroker(pid)) process.kill(pid, 'SIGTERM')
while (isBroker(pid)) {
  if (Date.now() > deadline) process.kill(pid, 'SIGKILL')
  await sleep(POLL_MS)
}
rmSync(folder, { recursive: true, force: true })
rmSync(PID_FILE)
console.error(`Kafka broker ${pid} is stopped`)
