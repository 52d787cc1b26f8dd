/** The tests of the stages above the port write to a MemoryLog: what they prove holds only if it behaves as the others. */
import { MemoryLog } from '../harness/memory-log.ts'
import { describeAmendments } from './sample-log-amendments.ts'

describeAmendments('memory log', async ({ writers }) => {
  const log = new MemoryLog(writers)
  return { open: () => log, remove: () => Promise.resolve() }
})
