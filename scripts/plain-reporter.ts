/** Vitest reporter: ends a run with one plain line, `N passed, N failed[, N skipped]`, for people and for CI. */
import type { Reporter, SerializedError, TestModule } from 'vitest/node'

export default class PlainReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    let passed = 0
    let skipped = 0
    // A file that does not load runs no test; it must not look like one that passed.
    let failed = unhandled.length + modules.reduce((sum, module) => sum + module.errors().length, 0)
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed += 1
        else if (state === 'failed') failed += 1
        else skipped += 1
      }
    }
    console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  }
}
