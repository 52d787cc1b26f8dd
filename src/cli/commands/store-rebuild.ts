/** `banyan store rebuild`: cells and coverage anew, from the log. */
import { rebuildStore } from '../../app/rebuild-store.ts'
import { type CommandContext, withBridge } from '../context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { startProgress } from '../progress.ts'
import { formatCount, plural } from '../../util/format.ts'

export async function storeRebuild(context: CommandContext): Promise<ExitCode> {
  const { output, interrupt } = context
  const progress = startProgress(output)
  try {
    const report = await withBridge(context, (bridge) =>
      rebuildStore(
        bridge,
        ({ records, offsetsDone, offsetsTotal }) => {
          progress.update(offsetsTotal === 0 ? 1 : offsetsDone / offsetsTotal, `${formatCount(records)} records`)
        },
        interrupt.signal,
      ),
    )
    progress.stop()
    output.answer(report, () =>
      [plural(report.records, 'record'), plural(report.cells, 'cell'), plural(report.tags, 'tag')].join(', '),
    )
    return EXIT.done
  } finally {
    progress.stop()
  }
}
