import { CarriedClock } from '../../src/source/carried-clock.ts'
import { FailoverSource } from '../../src/source/failover.ts'
import { withKnownNodes } from '../../src/source/known-nodes.ts'
import { Pulse } from '../../src/source/pulse.ts'
import { SeamMarks } from '../../src/source/seam-marks.ts'
import { Serving } from '../../src/source/serving.ts'
import type { HistorianSource } from '../../src/source/source.ts'
import { silentLogger } from '../../src/telemetry/logger.ts'
import { MemorySource } from '../harness/memory-source.ts'
import { describeHistorianSource, type SourceUnderTest } from './historian-source.ts'
import { openPiWebApi } from './pi-web-api-under-test.ts'

/** Whose every use fails the test: while the primary serves, the fallback is left alone. */
function untouched(): HistorianSource {
  const source = new MemorySource()
  source.probeFault = () => 'BANYAN_INTERNAL'
  source.nextFault = () => 'BANYAN_INTERNAL'
  return source
}

async function open(): Promise<SourceUnderTest> {
  const under = await openPiWebApi({})
  const serving = new Serving({ afterMs: 60_000, backMs: 60_000 })
  const primary = withKnownNodes(under.source, {
    nodes: { kind: 'pattern', pattern: 'nsu=urn:plant;s={name}' },
    remembered: () => Promise.resolve([]),
    isAway: () => serving.isFallback(),
  })
  const source = new FailoverSource({
    primary,
    fallback: untouched(),
    fallbackPageSize: 1_000,
    isPatient: false,
    serving,
    pulse: new Pulse(),
    clock: new CarriedClock(),
    seams: new SeamMarks(() => Promise.reject(new Error('nothing was served by the fallback')), 0),
    logger: silentLogger,
  })
  return { ...under, source }
}

describeHistorianSource('PI Web API with a fallback', open)
