/** An auditor's machine: a folder, the command, and nothing else. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bundleTexts, liveSite } from '../cutover/evidence-fixture.ts'
import { banyan, temporaryFolder } from './run.ts'

const { index, manifest, cells, audit } = bundleTexts(liveSite())

function bundleFolder(cellLines: string): string {
  const folder = temporaryFolder()
  const files = { 'bundle.json': index, 'manifest.json': manifest, 'cells.ndjson': cellLines, 'audit.ndjson': audit }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

test('a bundle holds where there is no configuration, no store and no site', async () => {
  const folder = bundleFolder(cells)
  const { code, stdout, stderr } = await banyan(['evidence', 'verify', '.', '--json'], { cwd: folder })
  expect(code, stderr).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, ok: true, differences: [] })
})

test('one that was touched does not: exit 3, and what differs', async () => {
  const folder = bundleFolder(cells.replace('"count":3', '"count":4'))
  const { code, stdout } = await banyan(['evidence', 'verify', folder], { cwd: temporaryFolder() })
  expect(code).toBe(3)
  expect(stdout).toContain('do not rely on this bundle')
  expect(stdout).toMatch(/cells\.ndjson +sha256/)
})

test.each([
  [['evidence', 'verify', '.', '--known', '7'], /64 hex digits/],
  [['evidence', 'verify'], /missing required argument 'folder'/],
  [['cutover', 'approve', 'boiler', '--manifest', 'abc'], /64 hex digits/],
  [['cutover', 'approve', 'boiler'], /required option '--manifest <hash>' not specified/],
  [['cutover', 'request', 'boiler', '--actor', ' Banyan '], /name of a person/],
  [['cutover', 'rollback', 'boiler', '--confirm', 'boiler'], /required option '--reason <text>' not specified/],
  [['cutover', 'rollback', 'boiler', '--reason', ' '], /must say why/],
])('banyan %s: exit 2', async (args, message) => {
  const { code, stderr } = await banyan(args, { cwd: temporaryFolder() })
  expect(code).toBe(2)
  expect(stderr).toMatch(message)
})
