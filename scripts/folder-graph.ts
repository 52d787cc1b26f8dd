/**
 * The folder graph of docs/architecture.md, drawn from the imports. `--check` fails when the page is out of date and
 * prints the command that mends it.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

const PAGE = new URL('../docs/architecture.md', import.meta.url)
const BEGIN = '<!-- folder graph: npm run arch:update -->'
const END = '<!-- end of folder graph -->'

const graph = execFileSync(
  'npx',
  [
    'depcruise',
    '--config',
    '.dependency-cruiser.mjs',
    'src',
    '--include-only',
    '^src',
    '--collapse',
    '^src/[^/]+',
    '--output-type',
    'mermaid',
  ],
  { encoding: 'utf8', cwd: new URL('..', import.meta.url) },
)
const page = readFileSync(PAGE, 'utf8')
const [before, rest] = page.split(BEGIN)
const after = rest?.split(END)[1]
if (before === undefined || after === undefined) throw new Error(`docs/architecture.md lacks the marker ${BEGIN}`)
const drawn = `${before}${BEGIN}\n\n\`\`\`mermaid\n${graph.trim()}\n\`\`\`\n\n${END}${after}`
if (!process.argv.includes('--check')) writeFileSync(PAGE, drawn)
else if (drawn !== page) {
  console.error('docs/architecture.md: the folder graph is out of date; run `npm run arch:update`')
  process.exitCode = 1
}
