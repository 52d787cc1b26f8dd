/** Appends a crash batch to an embedded log, in a process that a failpoint may kill. Arguments: file, partitions, batch. */
import { openEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import { CRASH_BATCHES, type CrashBatch } from '../build-samples.ts'

const [file = '', partitions = '', batch = ''] = process.argv.slice(2)
const log = openEmbeddedLog({ file, partitions: Number(partitions), bridge: 'contract' })
const writer = await log.openWriter(0, new AbortController().signal)
await writer.append(CRASH_BATCHES[batch as CrashBatch])
await writer.close()
await log.close()
