/** `banyan opcua`: what is printed, what is trusted, and what a script gets for an exit code. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { opcuaCertificate, opcuaTrust } from '../../../src/cli/commands/opcua.ts'
import type { CommandContext } from '../../../src/cli/context.ts'
import { EXIT } from '../../../src/cli/exit-code.ts'
import { Output } from '../../../src/cli/output.ts'
import { startOpcUa } from '../../harness/opcua.ts'

interface Printed {
  readonly context: CommandContext
  readonly stdout: () => string
  readonly stderr: () => string
}

/** Off a terminal, as a script runs it. */
async function contextFor(endpoint: string, folder: string): Promise<Printed> {
  const file = join(folder, 'banyan.yaml')
  await writeFile(
    file,
    `bridge: test
store: ./banyan.db
historians:
  plant:
    opcua:
      endpoint: ${endpoint}
      role: only
      security: { mode: SignAndEncrypt, policy: Basic256Sha256, pki: ./pki }
      identity: { type: anonymous }
      nodes: { pattern: "nsu=urn:plant;s={name}" }
tags: [{ historian: plant, include: [A] }]
log: { embedded: { file: ./log.db } }
`,
  )
  const [stdout, stderr] = [recorder(), recorder()]
  const output = new Output({ json: true, quiet: false, color: false }, stdout.stream, stderr.stream)
  const context = {
    output,
    interrupt: { signal: new AbortController().signal },
    configSource: { file, environment: {}, workingDirectory: folder },
    logLevel: 'silent',
  } as unknown as CommandContext
  return { context, stdout: stdout.text, stderr: stderr.text }
}

function recorder(): { readonly stream: NodeJS.WriteStream; readonly text: () => string } {
  let text = ''
  const write = (part: string): boolean => {
    text += part
    return true
  }
  return { stream: { write, isTTY: false } as unknown as NodeJS.WriteStream, text: () => text }
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'banyan-cli-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

interface TrustAnswer {
  readonly trusted: boolean
  readonly certificate: { readonly sha1: string; readonly sha256: string; readonly subject: string }
}

test('without a fingerprint, off a terminal, the certificate is shown and not trusted', async () => {
  const { server } = await startOpcUa({ scenario: 'empty' })
  const folder = await temporaryFolder()
  const first = await contextFor(server.endpoint, folder)
  expect(await opcuaTrust(first.context, 'plant', {})).toBe(EXIT.incomplete)
  const shown = JSON.parse(first.stdout()) as TrustAnswer
  expect(shown).toMatchObject({ schemaVersion: 1, historian: 'plant', trusted: false })
  expect(first.stderr()).toContain(`banyan opcua trust plant --fingerprint ${shown.certificate.sha256}`)

  const wrong = await contextFor(server.endpoint, folder)
  const fingerprint = shown.certificate.sha256.replace(/^../, (pair) => (pair === '00' ? '11' : '00'))
  await expect(opcuaTrust(wrong.context, 'plant', { fingerprint })).rejects.toMatchObject({
    code: 'BANYAN_SOURCE_UNAUTHORIZED',
    message: expect.stringContaining(shown.certificate.sha256) as string,
  })
  const still = await contextFor(server.endpoint, folder)
  expect(await opcuaTrust(still.context, 'plant', {})).toBe(EXIT.incomplete)

  const right = await contextFor(server.endpoint, folder)
  expect(await opcuaTrust(right.context, 'plant', { fingerprint: shown.certificate.sha1 })).toBe(EXIT.done)
  expect(JSON.parse(right.stdout())).toMatchObject({ trusted: true })
  const again = await contextFor(server.endpoint, folder)
  expect(await opcuaTrust(again.context, 'plant', {})).toBe(EXIT.done)
})

test('our own certificate is made once, and says where it lies', async () => {
  const folder = await temporaryFolder()
  const [first, second] = [
    await contextFor('opc.tcp://127.0.0.1:1', folder),
    await contextFor('opc.tcp://127.0.0.1:1', folder),
  ]
  expect(await opcuaCertificate(first.context, 'plant')).toBe(EXIT.done)
  expect(await opcuaCertificate(second.context, 'plant')).toBe(EXIT.done)
  expect(first.stdout()).toBe(second.stdout())
  expect(JSON.parse(first.stdout())).toMatchObject({
    file: join(folder, 'pki', 'own', 'certs', 'client_certificate.pem'),
    applicationUri: expect.stringMatching(/^urn:.*Banyan$/) as string,
  })
})

test('a historian without an OPC UA connection is a usage error that names those that have one', async () => {
  const { context } = await contextFor('opc.tcp://127.0.0.1:1', await temporaryFolder())
  await expect(opcuaCertificate(context, 'other')).rejects.toMatchObject({
    code: 'BANYAN_USAGE',
    hint: expect.stringContaining('plant') as string,
  })
})
