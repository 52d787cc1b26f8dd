/** The configuration `banyan demo` writes, as a user would; and the names and times of its story. */

export const HISTORIAN = 'pi-demo'
export const WORKLOAD = 'boiler-1'
/** Tags of one boiler. */
export const TAGS = ['FIC101*', 'TIC102*', 'PIC103*', 'LIC104*', 'Boiler.MODE'] as const
export const CONSUMERS = ['trend-screens', 'shift-report', 'energy-dashboard', 'alarm-analysis', 'quality-lab'] as const
/** Who decides. */
export const [OPERATOR, SECOND] = ['Ada', 'Ben'] as const
/** Windows of ten minutes until everything was green for as long as the gates below ask. */
export const GREEN_WINDOWS = 7

/** What differs from the gates of the workload's criticality, as its configuration says it. */
export const GATES = 'gates: { streak: 1h, consumerCycle: 1h, approvals: 2, canary: [50] }'

export function demoConfig(url: string, dataServer: string): string {
  const consumers = CONSUMERS.map((name) => `      - { name: ${name}, staleness: 15m }`)
  return `# Written by "banyan demo". The simulated historian it names ended with the demo.
bridge: demo
store: ./banyan.db
historians:
  ${HISTORIAN}:
    piWebApi: { url: "${url}", dataServer: "${dataServer}", auth: { type: none } }
tags:
  - { historian: ${HISTORIAN}, include: ["*"], backfill: { from: 2025-10-03 } }
log:
  embedded: { file: ./banyan-log.db }
# An edit further back than a sweep looks is for the verifier to find.
sync: { sweeps: [{ every: 15m, lookBack: 2h }] }
workloads:
  ${WORKLOAD}:
    tags: [${TAGS.map((mask) => JSON.stringify(mask)).join(', ')}]
    criticality: C
    consumers:
${consumers.join('\n')}
    # An hour of green has to do where a plant of this class waits for a day; two people answer for it, not none.
    ${GATES}
`
}
