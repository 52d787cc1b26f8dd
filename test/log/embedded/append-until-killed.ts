/**
 * Appends to an embedded log, window after window from where its coverage ends, until it is killed. Prints a line when
 * the first append is durable. Arguments: file, partitions.
 */
import { openEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import { secondsEntry, tagNamed } from '../build-samples.ts'

const WINDOW_SECONDS = 200

const [file = '', partitions = ''] = process.argv.slice(2)
const log = openEmbeddedLog({ file, partitions: Number(partitions), bridge: 'killed' })
const writer = await log.openWriter(0, new AbortController().signal)
const tags = [1, 2, 3, 4, 5].map(tagNamed)
// All tags are appended together, so any of them says how far all are.
for (let from = writer.tags.get(tags[0]!)?.samples ?? 0; ; from += WINDOW_SECONDS) {
  await writer.append(tags.map((tag) => secondsEntry(tag, from, from + WINDOW_SECONDS)))
  process.stdout.write('appended\n')
}
