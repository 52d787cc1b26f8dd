/** Names a historian may hold and a report must survive: markup, formulas, control characters, other directions. */
export const HOSTILE_NAMES = [
  '</script><script>globalThis.hacked = 1</script>',
  '"><img src="https://example.invalid/x.png" onerror="globalThis.hacked = 1">',
  "' onfocus='globalThis.hacked=1' autofocus='",
  '<!-- <script>',
  '\u202eVP.101CIF\u202c',
  'مضخة-١٢',
  '=HYPERLINK("https://example.invalid","x")',
  '\t@SUM(A1:A9)',
  '\u001b[2J\u001b[31mFIC101',
  'two\nlines\u2028and\u2029more',
  'N'.repeat(400),
  '${globalThis.hacked = 1}',
  '&lt;b&gt;',
  '',
] as const

export function hostileName(index: number): string {
  return HOSTILE_NAMES[index % HOSTILE_NAMES.length] ?? ''
}
