/** Child process of the lease tests: `acquire <file>` takes the lease, says so, and holds it until it is ended. */
import { openStore } from '../../src/store/store.ts'

const [, , command, file = ''] = process.argv
const store = openStore(file)
if (command === 'acquire') {
  const lease = store.lease.acquire('child')
  process.stdout.write(`held ${lease.epoch}\n`)
  process.stdin.resume()
} else {
  process.stdout.write('open\n')
  store.close()
}
