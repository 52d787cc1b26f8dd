/** `/enumerationsets`: one set, and its states. */
import type { ApiContext } from '../context.ts'
import type { DataServer } from '../data-server.ts'
import type { EnumerationSet } from '../enumeration.ts'
import { ApiError, ok } from '../http/answer.ts'
import type { Routes } from '../http/router.ts'
import { serverOf } from '../resolve.ts'
import { decodeWebId, toUpperInvariant } from '../webid.ts'
import { describeEnumerationSet } from './describe.ts'
import { webIdTypeParameter } from '../parameters.ts'

export function enumerationSetRoutes(context: ApiContext): Routes {
  return {
    'GET enumerationsets/{webId}': (request, { webId = '' }) => {
      const { server, set } = setByWebId(context, webId)
      return ok(describeEnumerationSet(server, set, request.baseUrl, webIdTypeParameter(context, request)))
    },
    'GET enumerationsets/{webId}/enumerationvalues': (request, { webId = '' }) => {
      const { set } = setByWebId(context, webId)
      const parent = `${request.baseUrl}/enumerationsets/${webId}`
      const items = set.states.map(({ name, value }) => ({
        Name: name,
        Description: '',
        Value: value,
        Links: { EnumerationSet: parent },
      }))
      return ok({ Links: {}, Items: items })
    },
  }
}

function setByWebId(context: ApiContext, webId: string): { server: DataServer; set: EnumerationSet } {
  const decoded = decodeWebId(webId)
  if (decoded?.kind === 'enumerationSet') {
    const server = serverOf(context, decoded)
    const set = server?.enumerationSets.find(
      ({ guid, name }) =>
        guid === decoded.setGuid ||
        (decoded.setGuid === undefined &&
          decoded.path === toUpperInvariant(`${server.name}\\EnumerationSets[${name}]`)),
    )
    if (server !== undefined && set !== undefined) return { server, set }
  }
  throw ApiError.notFound(`The WebID '${webId.slice(0, 256)}' was not found or is not valid for this resource.`)
}
