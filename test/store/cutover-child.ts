/**
 * Child process of the cutover tests. `append <store> <name> <count>` appends so many events and ends. `decide <store>`
 * appends one, says so and waits to be killed; `publish <store> <log>` publishes what is unpublished, says so and waits
 * to be killed before it marks it.
 */
import { openEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import { openStore } from '../../src/store/store.ts'
import { chainEvent } from './chain-event.ts'

const [, , command, file = '', argument = '', count = '1'] = process.argv
const store = openStore(file)
if (command === 'append') {
  for (let i = 0; i < Number(count); i++) store.cutoverEvents.append((head) => chainEvent(head, argument))
  process.stdout.write('done\n')
  store.close()
} else {
  if (command === 'decide') store.cutoverEvents.append((head) => chainEvent(head, 'boiler'))
  if (command === 'publish') {
    const log = openEmbeddedLog({ file: argument, partitions: 1, bridge: 'b' })
    const records = store.cutoverEvents.unpublished(100).map(({ workload, line }) => ({ key: workload, value: line }))
    await log.publish('audit', records, new AbortController().signal)
  }
  process.stdout.write('done\n')
  process.stdin.resume()
}
