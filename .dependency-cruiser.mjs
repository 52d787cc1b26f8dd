// The import table of docs/architecture.md, enforced. A layer may import itself and what its row lists.
const PORTS = 'source/source|log/log|log/record'
const BASE = ['domain', 'util', 'telemetry']
const ALLOW = {
  domain: [],
  util: [],
  telemetry: ['domain', 'util'],
  config: ['domain', 'util'],
  source: BASE,
  log: BASE,
  store: BASE,
  simulator: BASE,
  replay: [...BASE, 'store'],
  project: [...BASE, 'store'],
  verify: [...BASE, 'store'],
  cutover: [...BASE, 'store'],
  report: [...BASE, 'store'],
  web: [...BASE, 'store', 'report', 'cutover'],
  app: [...BASE, 'config', 'source', 'log', 'store', 'replay', 'project', 'verify', 'cutover', 'report'],
  daemon: [...BASE, 'config', 'source', 'log', 'store', 'replay', 'project', 'verify', 'cutover', 'web', 'app'],
  cli: [...BASE, 'config', 'store', 'cutover', 'report', 'app', 'daemon', 'simulator'],
}
// Stages see the ports, never an adapter.
const PORT_LAYERS = new Set(['replay', 'project', 'verify'])
// Third-party packages and the only folders that may import them.
const OWNERS = {
  axios: 'source/pi-web-api',
  kafkajs: 'log/kafka',
  'better-sqlite3': 'store|log/embedded',
  'node-opcua': 'simulator/opcua',
  'node-opcua-client': 'source/opcua',
  'node-opcua-certificate-manager': 'source/opcua',
  'node-opcua-debug': 'source/opcua',
  'node-opcua-status-code': 'source/opcua',
  'p-queue': 'replay',
  commander: 'cli',
  'cli-progress': 'cli',
  uplot: 'report',
  'cli-table3': 'util',
  pino: 'telemetry',
  'pino-pretty': 'telemetry',
  zod: 'config|source/pi-web-api|log|simulator',
  yaml: 'config',
  'lossless-json': 'source/pi-web-api',
  cockatiel: 'util',
  'temporal-polyfill': 'simulator',
  'prom-client': 'telemetry',
  hono: 'web',
  '@hono/node-server': 'web',
  croner: 'config|daemon',
}

const layerRules = Object.entries(ALLOW).map(([layer, allowed]) => {
  const ports = PORT_LAYERS.has(layer) ? `|(${PORTS})\\.ts$` : ''
  return {
    name: `layer-${layer}`,
    severity: 'error',
    from: { path: `^src/${layer}/` },
    to: { path: '^src/', pathNot: `^src/((${[layer, ...allowed].join('|')})/${ports})` },
  }
})
const ownerRules = Object.entries(OWNERS).map(([name, folders]) => ({
  name: `owner-${name}`,
  severity: 'error',
  from: { path: '^src/', pathNot: `^src/(${folders})/` },
  to: { path: `node_modules/${name}/` },
}))

export default {
  forbidden: [
    ...layerRules,
    ...ownerRules,
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unknown-layer',
      severity: 'error',
      from: {},
      to: { path: '^src/', pathNot: `^src/(${Object.keys(ALLOW).join('|')})/` },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types'] },
  },
}
