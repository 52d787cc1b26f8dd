/**
 * Appends to an embedded log until it is killed: a window, then an amendment of its first seconds, then the next window,
 * from where the log's progress ends. Prints a line when an append is durable. Arguments: file, partitions.
 */
import { openEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import { amendmentOf, KILLED_TAGS, WINDOW_SECONDS } from './killed-log.ts'
import { secondsEntry } from '../build-samples.ts'

const [file = '', partitions = ''] = process.argv.slice(2)
const log = openEmbeddedLog({ file, partitions: Number(partitions), bridge: 'killed' })
const writer = await log.openWriter(0, new AbortController().signal)
for (;;) {
  // All tags are appended together, so any of them says how far all are.
  const { samples = 0, amendments = 0 } = writer.tags.get(KILLED_TAGS[0]!) ?? {}
  const from = amendments * WINDOW_SECONDS
  const batch = KILLED_TAGS.map((tag) =>
    samples === from ? secondsEntry(tag, from, from + WINDOW_SECONDS) : amendmentOf(tag, amendments),
  )
  await writer.append(batch)
  process.stdout.write('appended\n')
}
