/** Writes docs/banyan.schema.json from the schema in src/config; with `--check`, only says whether it is current. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format } from 'prettier'
import { configJsonSchema } from '../src/config/schema-keys.ts'

const FILE = join(import.meta.dirname, '..', 'docs', 'banyan.schema.json')
const text = await format(JSON.stringify(configJsonSchema()), { parser: 'json', printWidth: 120 })

if (!process.argv.includes('--check')) {
  writeFileSync(FILE, text)
} else if (readFileSync(FILE, 'utf8') !== text) {
  console.error('docs/banyan.schema.json is not what src/config/schema.ts says: run "npm run config-schema:update"')
  process.exitCode = 1
}
