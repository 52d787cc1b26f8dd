/** Act five: the proof of the last step leaves the site, and holds; one bit of a copy is turned, and it does not. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { verifyBundle } from '../../cutover/bundle.ts'
import { plural } from '../../util/format.ts'
import { openBundle } from '../bundle-folder.ts'
import { WORKLOAD } from './demo-config.ts'
import type { DemoSite } from './demo-site.ts'
import type { Scene } from './scene.ts'

const TAMPERED = 'cells.ndjson'

export async function* proven({ desk, folder }: DemoSite): AsyncGenerator<Scene> {
  const bundle = await desk.exportEvidence(WORKLOAD, { folder: join(folder, 'evidence') })
  const known = desk.head()
  const events = known?.seq ?? 0
  const { ok, differences } = await verifyBundle(openBundle(bundle.folder).contents, known)
  yield {
    scene: 'prove',
    asked: 'Export the evidence, verify it from the files',
    answered: ok ? 'it holds' : 'it does not hold',
    detail: `Event ${bundle.event}, the step to live, follows from evidence ${bundle.manifestHash.slice(0, 12)}; ${plural(events, 'event')} in the chain.`,
    asTold: ok,
    numbers: { event: bundle.event, events, differences: differences.length },
  }

  const copy = join(folder, 'evidence-tampered')
  cpSync(bundle.folder, copy, { recursive: true })
  turnOneBit(join(copy, TAMPERED))
  const tampered = await verifyBundle(openBundle(copy).contents, known)
  const [first] = tampered.differences
  yield {
    scene: 'tamper',
    asked: 'Change one byte of a copy',
    answered: first === undefined ? 'unnoticed' : `found in ${first.file}`,
    detail: first === undefined ? 'Nothing differs.' : `Its ${first.what}: ${first.found}.`,
    asTold: !tampered.ok && first?.file === TAMPERED,
    numbers: { differences: tampered.differences.length },
  }
}

function turnOneBit(file: string): void {
  const bytes = readFileSync(file)
  const middle = bytes.length >> 1
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle)
  writeFileSync(file, bytes)
}
