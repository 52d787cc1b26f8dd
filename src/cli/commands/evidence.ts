/** `banyan evidence export | verify`: the proof of a move, for somebody who trusts neither us nor the site. */
import { resolve } from 'node:path'
import { verifyBundle } from '../../cutover/bundle.ts'
import type { Difference } from '../../cutover/bundle-facts.ts'
import { renderTable } from '../../util/text-table.ts'
import { plural } from '../../util/format.ts'
import { openBundle } from '../bundle-folder.ts'
import type { CommandContext } from '../context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { ExportFlags, LinkFlag } from '../flags.ts'
import { withDesk } from '../with-desk.ts'

export async function exportEvidence(
  context: CommandContext,
  workload: string,
  { event, output: folder }: ExportFlags,
): Promise<ExitCode> {
  const { output } = context
  return withDesk(context, async (desk) => {
    const bundle = await desk.exportEvidence(workload, { event, folder: resolve(folder) })
    output.answer(
      { workload, ...bundle },
      () => `Event ${bundle.event} of ${workload}, on evidence ${bundle.manifestHash}: ${bundle.folder}`,
    )
    output.note(`Next, anywhere: banyan evidence verify ${folder}`)
    return EXIT.done
  })
}

/** Exit 3 when anything in the bundle contradicts anything else. */
export async function verifyEvidence(
  { output }: CommandContext,
  folder: string,
  known: LinkFlag | undefined,
): Promise<ExitCode> {
  const bundle = openBundle(folder)
  const { ok, differences } = await verifyBundle(bundle.contents, known)
  output.answer({ ok, folder: bundle.folder, differences }, () =>
    ok
      ? `${bundle.folder} holds: the decision follows from the evidence, and no byte was changed.`
      : render(differences),
  )
  if (bundle.others.length > 0) output.note(`No part of the bundle, and not looked at: ${bundle.others.join(', ')}`)
  if (ok && known === undefined) {
    output.note(
      'A bundle that was written anew as a whole is not told apart without --known, an event known elsewhere.',
    )
  }
  return ok ? EXIT.done : EXIT.refused
}

function render(differences: readonly Difference[]): string {
  const rows = differences.map(({ file, what, expected, found }) => [file, what, expected, found])
  const columns = [{ title: 'FILE' }, { title: 'WHAT' }, { title: 'EXPECTED' }, { title: 'FOUND' }]
  return `${plural(differences.length, 'difference')}: do not rely on this bundle\n\n${renderTable(columns, rows)}`
}
