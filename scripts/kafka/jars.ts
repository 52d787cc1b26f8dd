/**
 * The broker's jars: resolved once with Maven, kept in `.cache/kafka/<version>` of the repository.
 *
 * Maven writes into a folder of its own that is renamed when complete, so an interrupted or concurrent run never
 * leaves half a class path behind.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const POM = join(import.meta.dirname, 'pom.xml')
export const CACHE = join(import.meta.dirname, '..', '..', '.cache', 'kafka')
/** A cold resolution takes about 8 s; a slow mirror gets this long. */
const MAVEN_TIMEOUT_MS = 300_000

/** The class path of a broker. Throws an Error that says what is missing: Java, Maven, or the network. */
export async function resolveJars(): Promise<string> {
  const version = /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([\d.]+)</.exec(readFileSync(POM, 'utf8'))?.[1]
  const home = join(CACHE, `libs-${version ?? 'unknown'}`)
  if (!existsSync(home)) await download(home)
  return readdirSync(home)
    .filter((name) => name.endsWith('.jar'))
    .sort()
    .map((name) => join(home, name))
    .join(':')
}

async function download(home: string): Promise<void> {
  mkdirSync(CACHE, { recursive: true })
  const partial = mkdtempSync(join(CACHE, 'partial-'))
  try {
    await run(
      'mvn',
      ['-B', '-q', '-f', POM, 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${partial}`],
      { timeout: MAVEN_TIMEOUT_MS },
    )
    try {
      renameSync(partial, home)
    } catch (error) {
      // Somebody else finished first: theirs is as good.
      if (!existsSync(home)) throw error
    }
  } catch (error) {
    throw new Error('Maven could not resolve the Kafka jars (mvn on the PATH? network or mirror reachable?)', {
      cause: error,
    })
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}
