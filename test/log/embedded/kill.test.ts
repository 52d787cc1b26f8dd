import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import type { Ticks } from '../../../src/domain/ticks.ts'
import { openEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import type { AppendEntry } from '../../../src/log/log.ts'
import { second } from '../build-samples.ts'
import { entriesOf, KILLED_TAGS, WINDOW_SECONDS } from './killed-log.ts'

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
    const { samples, amendments } = writer.tags.get(KILLED_TAGS[0]!)!
    expect(samples + amendments).toBeGreaterThan(before)
    before = samples + amendments
    const found = new Map<string, string[]>(KILLED_TAGS.map((tag) => [tag, []]))
    for await (const page of log.read(new Map(), await log.end(signal), signal)) {
      for (const { record } of page.records) found.get(record.tag)?.push(placeOf(record.sample.ticks, record.rev))
    }
    for (const tag of KILLED_TAGS) {
      expect(found.get(tag)).toEqual(entriesOf(tag, samples / WINDOW_SECONDS, amendments).flatMap(placesOf))
      const covered = [{ from: second(0), until: second(samples) }]
      expect(writer.tags.get(tag)).toEqual({ covered, samples, amendments })
    }
  }
  await log.close()
  await rm(folder, { recursive: true })
})

function placesOf(entry: AppendEntry): string[] {
  if (entry.kind === 'place') return []
  return entry.kind === 'amend'
    ? entry.corrections.map(({ sample, rev }) => placeOf(sample.ticks, rev))
    : entry.samples.map(({ ticks }) => placeOf(ticks, 0))
}

function placeOf(ticks: Ticks, rev: number): string {
  return `${ticks.toString()} ${String(rev)}`
}
