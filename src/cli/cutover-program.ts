/** The commands that move workloads, and those that prove the moves: their words and flags. */
import type { Command } from 'commander'
import type { Run } from './context.ts'
import {
  type ApproveFlags,
  type DecisionFlags,
  type ExportFlags,
  type LiftFlags,
  type LinkFlag,
  type MoveFlags,
  type OverlayFlags,
  parseActor,
  parseEventNumber,
  parseHash,
  parseLink,
  parseReason,
  parseTimeFlag,
  type WaiveFlags,
} from './flags.ts'

const look = () => import('./commands/cutover-look.ts')
const decide = () => import('./commands/cutover.ts')
const move = () => import('./commands/cutover-move.ts')
const prove = () => import('./commands/evidence.ts')

export function addCutoverCommands(program: Command, run: Run): void {
  const cutover = program
    .command('cutover')
    .description('move workloads from the historian to the log step by step, and back')
  const of = (command: Command): Command => command.argument('<workload>', 'name of the workload')
  const ofAny = (command: Command): Command => command.argument('[workload]', 'only this one')

  ofAny(cutover.command('status'))
    .description('where workloads stand, from the store alone')
    .action((name?: string) => run(async (context) => (await look()).status(context, name)))
  of(cutover.command('plan'))
    .description('gather evidence and ask the gates before the next step; decides nothing')
    .action((name: string) => run(async (context) => (await look()).plan(context, name)))
  ofAny(cutover.command('history'))
    .description('what was decided, by whom and why')
    .action((name?: string) => run(async (context) => (await look()).history(context, name)))

  signed(of(cutover.command('request')))
    .description('ask for the next step: what is verified from now on counts for it')
    .action((name: string, flags: DecisionFlags) =>
      run(async (context) => (await decide()).request(context, name, flags)),
    )
  signed(of(cutover.command('approve')))
    .description('answer for the next step, on evidence you have read')
    .requiredOption('--manifest <hash>', 'the evidence, as "banyan cutover plan" names it', parseHash)
    .action((name: string, flags: ApproveFlags) =>
      run(async (context) => (await decide()).approve(context, name, flags)),
    )
  signed(of(cutover.command('waive')), 'required')
    .description('take responsibility for the differences of one tag in a stretch of time')
    .requiredOption('--tag <tag>', 'name or id of the tag')
    .requiredOption('--from <time>', 'start of the stretch, inclusive', parseTimeFlag)
    .requiredOption('--until <time>', 'end of the stretch, exclusive', parseTimeFlag)
    .requiredOption('--expires <time>', 'when the waiver ends by itself', parseTimeFlag)
    .action((name: string, flags: WaiveFlags) => run(async (context) => (await decide()).waive(context, name, flags)))
  signed(ofAny(cutover.command('freeze')), 'required')
    .description('no step forward until thawed; the way back stays open')
    .option('--all', 'every workload')
    .action((name: string | undefined, flags: OverlayFlags) =>
      run(async (context) => (await decide()).freeze(context, name, flags)),
    )
  signed(ofAny(cutover.command('thaw')))
    .description('end a freeze')
    .option('--all', 'every workload')
    .action((name: string | undefined, flags: OverlayFlags) =>
      run(async (context) => (await decide()).thaw(context, name, flags)),
    )
  signed(of(cutover.command('lift-quarantine')), 'required')
    .description('end the quarantine after an automatic rollback; the reason is its root cause')
    .action((name: string, flags: LiftFlags) =>
      run(async (context) => (await decide()).liftQuarantine(context, name, flags)),
    )

  moving(signed(of(cutover.command('advance'))))
    .description('take the next step, if every gate passes on evidence gathered now')
    .action((name: string, flags: MoveFlags) => run(async (context) => (await move()).advance(context, name, flags)))
  moving(signed(of(cutover.command('rollback')), 'required'))
    .description('back to the historian, in one step')
    .action((name: string, flags: MoveFlags) => run(async (context) => (await move()).rollback(context, name, flags)))
  moving(signed(of(cutover.command('drill'))))
    .description('rehearse the way back and time it; a real rollback where the log is read')
    .action((name: string, flags: MoveFlags) => run(async (context) => (await move()).drill(context, name, flags)))
}

export function addEvidenceCommands(program: Command, run: Run): void {
  const evidence = program
    .command('evidence')
    .description('prove a move to somebody who trusts neither us nor the site')
  evidence
    .command('export')
    .description('bundle what a step rests on: manifest, cells, audit chain')
    .argument('<workload>', 'name of the workload')
    .option('--event <number>', 'the step, as "banyan cutover history" counts (default: the newest)', parseEventNumber)
    .requiredOption('-o, --output <folder>', 'folder to write; new or empty')
    .action((name: string, flags: ExportFlags) =>
      run(async (context) => (await prove()).exportEvidence(context, name, flags)),
    )
  evidence
    .command('verify')
    .description('derive the decision again from a bundle; needs no configuration, no store and no network')
    .argument('<folder>', 'folder of the bundle')
    .option('--known <number:hash>', 'an event of the chain that you know from elsewhere', parseLink)
    .action((folder: string, { known }: { known?: LinkFlag }) =>
      run(async (context) => (await prove()).verifyEvidence(context, folder, known)),
    )
}

/** With who decides, and why. */
function signed(command: Command, reason: 'optional' | 'required' = 'optional'): Command {
  command.option('--actor <name>', 'who decides (default: the name of the user)', parseActor)
  if (reason === 'required') return command.requiredOption('--reason <text>', 'why', parseReason)
  return command.option('--reason <text>', 'why', parseReason)
}

/** With what guards a decision that moves consumers. */
function moving(command: Command): Command {
  return command
    .option('--confirm <workload>', 'its name once more; needed where nobody can be asked')
    .option('--dry-run', 'say what it would do; decide nothing')
}
