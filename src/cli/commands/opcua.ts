/**
 * `banyan opcua trust` and `banyan opcua certificate`: the two halves of an OPC UA handshake that people decide.
 *
 * A certificate is trusted only when somebody says its fingerprint, or yes to it on a terminal.
 */
import { createInterface } from 'node:readline/promises'
import { isFingerprintOf, ownCertificateFor, trustHistorian } from '../../app/opcua-certificates.ts'
import { BanyanError } from '../../domain/errors.ts'
import { type CommandContext, loadConfigOf, loggerOf } from '../context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'

interface Certificate {
  readonly subject: string
  readonly issuer: string
  readonly validFrom: Date
  readonly validUntil: Date
  readonly sha1: string
  readonly sha256: string
}

export async function opcuaTrust(
  context: CommandContext,
  historian: string,
  { fingerprint }: { readonly fingerprint?: string },
): Promise<ExitCode> {
  const { output } = context
  const config = await loadConfigOf(context)
  const confirm = async (certificate: Certificate): Promise<boolean> => {
    if (fingerprint === undefined) return askOnTerminal(context, certificate)
    if (await isFingerprintOf(certificate, fingerprint)) return true
    throw new BanyanError(
      'BANYAN_SOURCE_UNAUTHORIZED',
      `the server presents another certificate: SHA-1 ${certificate.sha1}, SHA-256 ${certificate.sha256}`,
      { hint: "Nothing was trusted. Ask the server's administrator which of the two is right." },
    )
  }
  const outcome = await trustHistorian(config, historian, confirm, await loggerOf(context))
  const { certificate, wasTrusted, isTrusted } = outcome
  output.answer({ historian, trusted: isTrusted, certificate: modelOf(certificate) }, () => render(certificate))
  if (!isTrusted) {
    output.note(
      `Not trusted. If the fingerprint is the one the server's administrator tells you:\n` +
        `  banyan opcua trust ${historian} --fingerprint ${certificate.sha256}`,
    )
    return EXIT.incomplete
  }
  output.note(wasTrusted ? 'It was trusted before.' : `Trusted. Next: "banyan check" tries the connection.`)
  return EXIT.done
}

export async function opcuaCertificate(context: CommandContext, historian: string): Promise<ExitCode> {
  const { output } = context
  const config = await loadConfigOf(context)
  const { file, applicationUri, certificate } = await ownCertificateFor(config, historian, await loggerOf(context))
  const model = { historian, file, applicationUri, certificate: modelOf(certificate) }
  output.answer(model, () => `${render(certificate)}\nApplication URI  ${applicationUri}\nFile             ${file}`)
  output.note("Have the server's administrator trust it: most servers list it among the rejected ones after a try.")
  return EXIT.done
}

/** No without a terminal to ask on. */
async function askOnTerminal({ output, interrupt }: CommandContext, certificate: Certificate): Promise<boolean> {
  if (!process.stdin.isTTY || output.terminal === undefined || output.json) return false
  output.note(render(certificate))
  const terminal = createInterface({ input: process.stdin, output: output.terminal })
  try {
    const answer = await terminal.question('Trust this certificate? [y/N] ', { signal: interrupt.signal })
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    terminal.close()
  }
}

function render({ subject, issuer, validFrom, validUntil, sha1, sha256 }: Certificate): string {
  return [
    `Subject          ${subject}`,
    `Issuer           ${issuer}`,
    `Valid            ${validFrom.toISOString()} to ${validUntil.toISOString()}`,
    `SHA-1            ${sha1}`,
    `SHA-256          ${sha256}`,
  ].join('\n')
}

function modelOf({ subject, issuer, validFrom, validUntil, sha1, sha256 }: Certificate): object {
  return { subject, issuer, validFrom: validFrom.toISOString(), validUntil: validUntil.toISOString(), sha1, sha256 }
}
