import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeAnswerFile } from '../../src/cli/write-file.ts'
import { temporaryFolder } from './run.ts'

test('a file is written, and written over, whole', () => {
  const folder = temporaryFolder()
  const file = join(folder, 'report.csv')
  expect(writeAnswerFile(file, 'first', [])).toBe(file)
  writeAnswerFile(file, 'second', [])
  expect(readFileSync(file, 'utf8')).toBe('second')
  expect(readdirSync(folder)).toEqual(['report.csv'])
})

test('what the bridge lives on is left alone, whether it is there or not, whatever it is called', () => {
  const folder = temporaryFolder()
  const [store, wal] = [join(folder, 'banyan.db'), join(folder, 'banyan.db-wal')]
  writeFileSync(store, 'kept')
  mkdirSync(join(folder, 'real'))
  symlinkSync(join(folder, 'real'), join(folder, 'alias'))
  const own = [store, wal, join(folder, 'alias', 'log.db')]
  for (const file of [store, wal, join(folder, 'real', 'log.db'), join(folder, 'real', '..', 'banyan.db')]) {
    expect(() => writeAnswerFile(file, 'report', own)).toThrow('what the bridge itself lives on')
  }
  expect(readFileSync(store, 'utf8')).toBe('kept')
  expect([existsSync(wal), readdirSync(join(folder, 'real'))]).toEqual([false, []])
})

test('links, folders and folders that are not there are refused, and nothing is left behind', () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'target'), 'kept')
  symlinkSync(join(folder, 'target'), join(folder, 'link'))
  mkdirSync(join(folder, 'sub'))
  expect(() => writeAnswerFile(join(folder, 'link'), 'x', [])).toThrow('it is a link')
  expect(() => writeAnswerFile(join(folder, 'sub'), 'x', [])).toThrow('it is a folder')
  expect(() => writeAnswerFile('/dev/null', 'x', [])).toThrow('it is no ordinary file')
  expect(() => writeAnswerFile(join(folder, 'none', 'x'), 'x', [])).toThrow('cannot write')
  expect(readdirSync(folder).sort()).toEqual(['link', 'sub', 'target'])
  expect(readFileSync(join(folder, 'target'), 'utf8')).toBe('kept')
})
