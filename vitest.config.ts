import { defineConfig } from 'vitest/config'

// What needs the built command or a real broker; the rest needs nothing and starts at once.
const SYSTEM = ['test/{cli,crash,faults,kafka,parity,sync,ui}/**/*.test.ts', 'test/contract/kafka-log.test.ts']

const common = {
  testTimeout: 60_000,
  hookTimeout: 120_000,
}

export default defineConfig({
  test: {
    reporters: ['default', './scripts/plain-reporter.ts'],
    // On two cores two workers leave nearly half of the time unused: the long tests wait for servers and clocks.
    maxWorkers: 3,
    projects: [
      { test: { ...common, name: 'unit', include: ['test/**/*.test.ts'], exclude: SYSTEM } },
      {
        test: {
          ...common,
          name: 'system',
          include: SYSTEM,
          globalSetup: ['test/harness/build.ts', 'test/harness/kafka-global.ts'],
        },
      },
    ],
  },
})
