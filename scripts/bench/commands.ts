/** What a command costs that only looks: nobody should think twice before asking for help. */
import { Workbench } from '../../test/harness/workbench.ts'
import { cpuOfNode, median } from './measure.ts'
import { MAIN } from './site.ts'
import { row } from './table.ts'

const ROUNDS = 3

export async function benchCommands(): Promise<void> {
  const bench = new Workbench({ url: 'http://127.0.0.1:1/piwebapi', log: { kind: 'embedded' } })
  try {
    for (const args of [['--help'], ['config', 'check', '--config', bench.configFile]]) {
      const seconds: number[] = []
      for (let round = 0; round < ROUNDS; round++) seconds.push(await cpuOfNode([MAIN, ...args]))
      const command = args[0] === '--help' ? '--help' : 'config check'
      row(`banyan ${command}, CPU`, `${median(seconds).toFixed(2)} s`, '< 0.5 s', 'user and system')
    }
  } finally {
    bench.remove()
  }
}
