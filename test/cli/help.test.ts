import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { buildProgram } from '../../src/cli/program.ts'

const WIDTH = 100

function everyCommand(command: Command, path: readonly string[]): { path: string; command: Command }[] {
  return [
    { path: path.join(' '), command },
    ...command.commands.flatMap((child) => everyCommand(child, [...path, child.name()])),
  ]
}

const program = buildProgram('0.0.0', () => Promise.resolve())
const commands = everyCommand(program, ['banyan'])
for (const { command } of commands) command.configureOutput({ getOutHelpWidth: () => WIDTH })

test.each(commands)('$path --help', async ({ path, command }) => {
  await expect(command.helpInformation()).toMatchFileSnapshot(`help/${path.replaceAll(' ', '-')}.txt`)
})
