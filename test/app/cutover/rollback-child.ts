/** Rolls a workload back in a process of its own, which the failpoints kill. Arguments: configuration file, workload. */
import { Bridge } from '../../../src/app/bridge.ts'
import { CutoverDesk } from '../../../src/app/cutover/desk.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { silentLogger } from '../../../src/telemetry/logger.ts'

const [file = '', workload = ''] = process.argv.slice(2)
const bridge = new Bridge(loadConfig({ file, environment: {}, workingDirectory: '/' }), silentLogger)
const desk = new CutoverDesk({ bridge, store: await bridge.store(), version: '1.0.0' })
await desk.rollback(workload, { actor: 'ada' }, new AbortController().signal)
process.stdout.write('done\n')
await bridge.close()
