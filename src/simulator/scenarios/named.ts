/** The scenarios by the names that commands and tests use. */
import { conformance } from './conformance.ts'
import { demo } from './demo.ts'
import { dense } from './dense.ts'
import { empty } from './empty.ts'
import { manySmall } from './many-small.ts'
import type { Scenario } from './scenario.ts'

export const SCENARIO_NAMES = ['demo', 'conformance', 'many-small', 'dense', 'empty'] as const
export type ScenarioName = (typeof SCENARIO_NAMES)[number]

export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = {
  demo,
  conformance,
  'many-small': manySmall,
  dense,
  empty,
}
