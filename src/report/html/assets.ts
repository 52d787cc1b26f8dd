/** Assets: what the pages run and how they look, bundled by `npm run build` and put into every page. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BanyanError } from '../../domain/errors.ts'

export interface PageAssets {
  readonly script: string
  readonly style: string
}

/** Built, they lie beside this file; run from its sources, Banyan takes those of the last build. */
const FOLDERS = [import.meta.dirname, join(import.meta.dirname, '..', '..', '..', 'dist', 'report', 'html')]

/** Throws BANYAN_FILE when they were not built. */
export function loadPageAssets(): PageAssets {
  return { script: readAsset('page.js'), style: readAsset('page.css') }
}

/** Of the cutover page, which runs no script. Throws BANYAN_FILE when it was not built. */
export function loadCutoverStyle(): string {
  return readAsset('cutover.css')
}

function readAsset(name: string): string {
  for (const folder of FOLDERS) {
    const text = readIfThere(join(folder, name))
    if (text !== undefined) return text
  }
  throw new BanyanError('BANYAN_FILE', `the report page lacks its ${name}`, { hint: 'run `npm run build`' })
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new BanyanError('BANYAN_FILE', `cannot read ${file}`, { cause: error })
  }
}
