/** Child process of the crash tests: folds the long log into the store file it is given. */
import { project } from '../../src/project/projector.ts'
import { openStore } from '../../src/store/store.ts'
import { LONG_LOG_WIDTH, longLog } from './long-log.ts'

const store = openStore(process.argv[2] ?? '')
await project(longLog(), store, { cellWidth: LONG_LOG_WIDTH }, new AbortController().signal)
store.close()
process.stdout.write('folded\n')
