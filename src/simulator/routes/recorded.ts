/** `/streams/{webId}/recorded`. */
import type { ApiContext } from '../context.ts'
import { streamed } from '../http/answer.ts'
import type { Routes } from '../http/router.ts'
import { readRecorded, recordedParameters, recordedText } from '../recorded/stream.ts'
import { pointToRead } from '../resolve.ts'
import { parseSelectedFields } from '../selected-fields.ts'

export function recordedRoutes(context: ApiContext): Routes {
  return {
    'GET streams/{webId}/recorded': (request, { webId = '' }) => {
      const { point } = pointToRead(context, webId)
      const answer = readRecorded(context, point, recordedParameters(context, request.query))
      return streamed(recordedText(context, answer, parseSelectedFields(request.query.get('selectedFields'))))
    },
  }
}
