/**
 * The commands and their flags. Only the words are here: each command's code, and the clients it needs, is imported
 * when the command runs, so that help and `config check` stay quick.
 */
import { Argument, Command, Option } from 'commander'
import { BACKFILL_ORDERS } from '../config/config.ts'
import { SCENARIO_NAMES } from '../simulator/scenarios/named.ts'
import { LOG_LEVELS } from '../telemetry/logger.ts'
import type { CommandContext, GlobalOptions, Run } from './context.ts'
import { addCutoverCommands, addEvidenceCommands } from './cutover-program.ts'
import type { ExitCode } from './exit-code.ts'
import {
  type BackfillFlags,
  collect,
  parseDurationFlag,
  type LogReadFlags,
  parseJobId,
  parsePort,
  parseTimeFlag,
  type RangeFlags,
  type RepairFlags,
  REPORT_FORMATS,
  type ReportFlags,
  type SimulateFlags,
  type SyncFlags,
  type VerifyFlags,
} from './flags.ts'

export type Execute = (globals: GlobalOptions, command: (context: CommandContext) => Promise<ExitCode>) => Promise<void>

const PRECEDENCE = `
Configuration: flags > environment (BANYAN_CONFIG, BANYAN_STORE, BANYAN_LOG_KAFKA_BROKERS) > file > defaults.
Exit codes: 0 done, 1 failure, 2 usage, configuration or unsafe log, 3 parity not met or refused,
            4 incomplete or inconclusive, 5 store newer than this Banyan, 6 another process writes,
            130/143 interrupted.`

export function buildProgram(version: string, execute: Execute): Command {
  const program = new Command('banyan')
    .description('Copies a plant historian into Kafka exactly once, and proves it.')
    // Set before the commands are added, which inherit it: main.ts prints errors and decides the exit code.
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .version(version, '-V, --version', 'print the version')
    .option('-c, --config <file>', 'configuration file (default: banyan.yaml)')
    .option('--json', 'print the answer as one JSON object')
    .option('--quiet', 'print nothing but the answer and errors')
    .option('--no-color', 'print without colour')
    .addOption(new Option('--log-level <level>', 'how much to log on stderr').choices(LOG_LEVELS).default('warn'))
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', PRECEDENCE)
    .showSuggestionAfterError()
  const run: Run = (command) => execute(program.opts<GlobalOptions>(), command)

  addSetupCommands(program, run)
  addReplayCommands(program, run)
  addParityCommands(program, run)
  addRepairCommand(program, run)
  addCutoverCommands(program, run)
  addEvidenceCommands(program, run)
  addInspectionCommands(program, run)
  addDemonstrationCommands(program, run)
  return program
}

function addSetupCommands(program: Command, run: Run): void {
  program
    .command('init')
    .description('write a commented starter configuration')
    .action(() => run(async (context) => (await import('./commands/init.ts')).init(context)))

  const config = program.command('config').description('check, print or describe the configuration')
  config
    .command('check')
    .description('check the configuration, without touching historian, log or store')
    .action(() => run(async (context) => (await import('./commands/config-check.ts')).configCheck(context)))
  config
    .command('schema')
    .description('print the JSON Schema of the configuration')
    .action(() => run(async (context) => (await import('./commands/config-schema.ts')).configSchema(context)))
  config
    .command('print')
    .description('print the configuration that applies, every default spelled out, without secrets')
    .action(() => run(async (context) => (await import('./commands/config-print.ts')).configPrint(context)))

  program
    .command('check')
    .description('probe historian, log and store; changes nothing without --create-topics')
    .option('--create-topics', 'create the topics, or the file of the embedded log, that do not exist')
    .action((options: { createTopics?: boolean }) =>
      run(async (context) => (await import('./commands/check.ts')).check(context, options)),
    )
  const opcua = program.command('opcua').description('the certificates of an OPC UA connection')
  opcua
    .command('trust')
    .description("trust the server's certificate, once somebody has compared its fingerprint")
    .argument('<historian>', 'name of the historian in the configuration')
    .option('--fingerprint <hex>', "SHA-1 or SHA-256 fingerprint as the server's administrator tells it")
    .action((historian: string, options: { fingerprint?: string }) =>
      run(async (context) => (await import('./commands/opcua.ts')).opcuaTrust(context, historian, options)),
    )
  opcua
    .command('certificate')
    .description("our own certificate, for the server's administrator to trust")
    .argument('<historian>', 'name of the historian in the configuration')
    .action((historian: string) =>
      run(async (context) => (await import('./commands/opcua.ts')).opcuaCertificate(context, historian)),
    )

  program
    .command('tags')
    .description('list the tags the configuration selects')
    .option('--match <mask>', 'only names that match (* any run, ? one character)')
    .action((options: { match?: string }) =>
      run(async (context) => (await import('./commands/tags.ts')).tags(context, options)),
    )
}

function addReplayCommands(program: Command, run: Run): void {
  const plan = program.command('plan').description('show what a backfill would do, and what it would cost')
  addRangeFlags(plan).action((options: RangeFlags) =>
    run(async (context) => (await import('./commands/plan.ts')).plan(context, options)),
  )

  const backfill = program
    .command('backfill')
    .description('copy the history that is not in the log yet; run it again to go on after a stop')
  addRangeFlags(backfill)
    .addOption(
      new Option('--job <id>', 'go on with this job')
        .argParser(parseJobId)
        .conflicts(['tag', 'from', 'until', 'order']),
    )
    .option('--detach', 'enqueue the job for the daemon and return at once')
    .action((options: BackfillFlags) =>
      run(async (context) => (await import('./commands/backfill.ts')).backfill(context, options)),
    )

  program
    .command('sync')
    .description('follow the historians: copy what is new, correct what changed, until stopped')
    .option('--once', 'one tail round and one sweep, then stop')
    .addOption(
      new Option('--look-back <duration>', 'with --once: how far back to sweep (default: that of the first sweep)')
        .argParser(parseDurationFlag)
        .implies({ once: true }),
    )
    .addOption(
      new Option(
        '--accept-deletions',
        'with --once: believe that whatever the historian no longer shows was deleted on purpose',
      ).implies({ once: true }),
    )
    .action((options: SyncFlags) => run(async (context) => (await import('./commands/sync.ts')).sync(context, options)))

  const jobs = program
    .command('jobs')
    .description('list the jobs, newest first')
    .action(() => run(async (context) => (await import('./commands/jobs.ts')).listJobs(context)))
  for (const request of JOB_REQUESTS) {
    jobs
      .command(request)
      .description(`${request} a job`)
      .argument('<id>', 'number of the job', parseJobId)
      .action((id: number) =>
        run(async (context) => (await import('./commands/jobs.ts')).steerJob(context, request, id)),
      )
  }
}

const JOB_REQUESTS = ['pause', 'resume', 'cancel'] as const

function addRangeFlags(command: Command): Command {
  return command
    .option('--tag <mask>', 'only tags whose name matches; may be repeated', collect)
    .option('--from <time>', "start of the history, inclusive (default: the rule's)", parseTimeFlag)
    .option('--until <time>', "end of the history, exclusive (default: the rule's, else now)", parseTimeFlag)
    .addOption(new Option('--order <order>', 'which end is copied first').choices(BACKFILL_ORDERS))
}

function addParityCommands(program: Command, run: Run): void {
  const verify = program
    .command('verify')
    .description('compare now what the log holds with what the historian holds; run it again to go on after a stop')
  addParityFlags(verify)
    .addOption(
      new Option('--depth <depth>', 'what of the log is read: what it was folded to, or every record anew')
        .choices(['projection', 'log'])
        .default('log'),
    )
    .action((options: VerifyFlags) =>
      run(async (context) => (await import('./commands/verify.ts')).verify(context, options)),
    )

  const report = program
    .command('report')
    .description('report the parity of log and historian, from the store alone; or how far workloads have moved')
    .addArgument(new Argument('[what]', 'what to report').choices(['parity', 'cutover']).default('parity'))
  addParityFlags(report)
    .addOption(
      new Option(
        '--format <format>',
        'html is one page with everything; plan, what "banyan repair" takes (default: table)',
      ).choices(REPORT_FORMATS),
    )
    .option('--differences', 'with --format csv: one row per difference instead of one per tag')
    .option('-o, --output <file>', 'write it to a file; "-" is stdout (html: default banyan-<what>-<bridge>.html)')
    .action((what: 'parity' | 'cutover', options: ReportFlags) =>
      run(async (context) =>
        what === 'cutover'
          ? (await import('./commands/report-cutover.ts')).reportCutover(context, options)
          : (await import('./commands/report.ts')).report(context, options),
      ),
    )
}

function addRepairCommand(program: Command, run: Run): void {
  program
    .command('repair')
    .description('replay the windows of a repair plan, then compare them again')
    .requiredOption('--plan <file>', 'a plan, or a report as JSON with its plan ("banyan report --format plan")')
    .option('--dry-run', 'check the file and show its windows; do nothing')
    .option('--accept-deletions', 'believe that whatever the historian no longer shows was deleted on purpose')
    .action((options: RepairFlags) =>
      run(async (context) => (await import('./commands/repair.ts')).repair(context, options)),
    )
}

function addParityFlags(command: Command): Command {
  return command
    .option('--tag <mask>', 'only tags whose name matches; may be repeated', collect)
    .option('--historian <name>', 'only tags of this historian')
    .option('--from <time>', 'start, inclusive (default: where each tag begins)', parseTimeFlag)
    .option('--until <time>', 'end, exclusive (default: the newest full cell that was copied)', parseTimeFlag)
}

function addInspectionCommands(program: Command, run: Run): void {
  program
    .command('status')
    .description('show the daemon, coverage, lag, jobs, lease and last errors, from the store alone')
    .option('--watch', 'show it again every two seconds, until stopped')
    .action((options: { watch?: boolean }) =>
      run(async (context) => (await import('./commands/status.ts')).status(context, options)),
    )

  program
    .command('log')
    .description('look into the log')
    .command('read')
    .description('print current samples, after revisions, one JSON object per line')
    .option('--tag <id>', 'only this tag (id as `banyan tags` prints it)')
    .option('--from <time>', 'start, inclusive', parseTimeFlag)
    .option('--until <time>', 'end, exclusive', parseTimeFlag)
    .option('--records', 'print the raw records, with partition and offset')
    .action((options: LogReadFlags) =>
      run(async (context) => (await import('./commands/log-read.ts')).logRead(context, options)),
    )

  program
    .command('store')
    .description('look after the local store')
    .command('rebuild')
    .description('rebuild the projection from the log')
    .action(() => run(async (context) => (await import('./commands/store-rebuild.ts')).storeRebuild(context)))
}

function addDemonstrationCommands(program: Command, run: Run): void {
  program
    .command('simulate')
    .description('run the simulated historian until stopped')
    .option('--port <port>', 'port on the loopback interface; 0 takes a free one', parsePort, 0)
    .addOption(new Option('--scenario <name>', 'what the archive holds').choices(SCENARIO_NAMES).default('demo'))
    .option('--opcua', 'serve the same tags through OPC UA as well')
    .action((options: SimulateFlags) =>
      run(async (context) => (await import('./commands/simulate.ts')).simulate(context, options)),
    )
  program
    .command('demo')
    .description('the whole story on a simulated historian and the embedded log, in a minute')
    .option('--opcua', 'PI Web API goes away in the middle, and OPC UA stands in for it')
    .action(({ opcua }: { opcua?: boolean }) =>
      run(async (context) =>
        opcua === true
          ? (await import('./commands/demo-opcua.ts')).demoOpcUa(context)
          : (await import('./commands/demo.ts')).demo(context),
      ),
    )
}
