/**
 * Document: a report as one self-contained HTML file: opens from disk, asks nothing of any network, and runs no script
 * but its own, which the security policy names by its hash.
 */
import { createHash } from 'node:crypto'
import { html, scriptJson, type Interpolated, type Markup } from './markup.ts'

export interface DocumentParts {
  readonly title: Interpolated
  readonly style: string
  readonly body: Markup
  /** What the page runs, and what it reads; left out, it runs nothing. */
  readonly script?: { readonly text: string; readonly report: object }
}

export function renderDocument({ title, style, body, script }: DocumentParts): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(style, script?.text)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${html`${title}`.toString()}</title>
<style>${style}</style>
</head>
<body>
${body.toString()}
${script === undefined ? '' : scripts(script)}</body>
</html>
`
}

function scripts({ text, report }: NonNullable<DocumentParts['script']>): string {
  return `<script type="application/json" id="report">${scriptJson(report)}</script>
<script>${text}</script>
`
}

/** Nothing from anywhere: the one style and the one script by their hashes, the empty icon as data. */
function policy(style: string, script: string | undefined): string {
  return [
    "default-src 'none'",
    ...(script === undefined ? [] : [`script-src ${hashOf(script)}`]),
    `style-src ${hashOf(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`
}
