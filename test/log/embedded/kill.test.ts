import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { openEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import { second, secondsEntry, tagNamed } from '../build-samples.ts'

const CHILD = fileURLToPath(new URL('append-until-killed.ts', import.meta.url))
const PARTITIONS = 3
const KILLS = 4
const LONGEST_LIFE_MS = 250

it('loses and repeats nothing when its process is killed again and again, at any moment', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'banyan-kill-'))
  const file = join(folder, 'log.db')
  const log = openEmbeddedLog({ file, partitions: PARTITIONS, bridge: 'killed' })
  const signal = new AbortController().signal
  await log.create(signal)
  let before = 0
  for (let kill = 0; kill < KILLS; kill++) {
    const child = spawn(process.execPath, ['--import', 'tsx', CHILD, file, String(PARTITIONS)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.stdout.resume()
    await sleep(Math.random() * LONGEST_LIFE_MS)
    child.kill('SIGKILL')
    await once(child, 'exit')

    const writer = await log.openWriter(0, signal)
    await writer.close()
    const samples = writer.tags.get(tagNamed(1))?.samples ?? 0
    expect(samples).toBeGreaterThan(before)
    before = samples
    const ticksOf = new Map<string, bigint[]>([1, 2, 3, 4, 5].map((id) => [tagNamed(id), []]))
    for await (const page of log.read(new Map(), await log.end(signal), signal)) {
      for (const { record } of page.records) ticksOf.get(record.tag)?.push(record.sample.ticks)
    }
    for (const [tag, ticks] of ticksOf) {
      const whole = secondsEntry(tagNamed(tag.slice('pi-north/'.length)), 0, samples)
      expect(ticks).toEqual(whole.samples.map((sample) => sample.ticks))
      expect(writer.tags.get(whole.tag)).toEqual({ covered: [{ from: second(0), until: second(samples) }], samples })
    }
  }
  await log.close()
  await rm(folder, { recursive: true })
})
