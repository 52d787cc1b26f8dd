import { describeHistorianSource } from './historian-source.ts'
import { openPiWebApi } from './pi-web-api-under-test.ts'

describeHistorianSource('PI Web API', () => openPiWebApi({}))

describeHistorianSource('PI Web API, old and reluctant: no batch, no links, floored times, path WebIDs', () =>
  openPiWebApi({
    batch: false,
    pagingLinks: false,
    timeParsing: 'floor',
    webIdType: 'PathOnly',
    gzip: false,
    streamsetMaxCount: 'total',
    streamUpdates: false,
  }),
)
