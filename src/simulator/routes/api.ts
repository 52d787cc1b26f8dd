/** All routes of the API, and what a restart of the server makes it forget. */
import type { ApiContext } from '../context.ts'
import type { ApiServer } from '../http/api-server.ts'
import type { Routes } from '../http/router.ts'
import { batchRoutes } from './batch.ts'
import { dataServerRoutes } from './data-servers.ts'
import { enumerationSetRoutes } from './enumeration-sets.ts'
import { pointRoutes } from './points.ts'
import { recordedRoutes } from './recorded.ts'
import { streamRoutes } from './streams.ts'
import { streamsetRoutes } from './streamsets.ts'
import { systemRoutes } from './system.ts'
import { updateRoutes } from './updates.ts'

export function apiRoutes(
  context: ApiContext,
  server: ApiServer,
): { readonly routes: Routes; readonly restart: () => void } {
  const updates = updateRoutes(context)
  const routes = {
    ...systemRoutes(context, server.userName),
    ...dataServerRoutes(context),
    ...enumerationSetRoutes(context),
    ...pointRoutes(context),
    // Before the routes that capture a WebID in the place of `updates`.
    ...updates.routes,
    ...recordedRoutes(context),
    ...streamRoutes(context),
    ...streamsetRoutes(context),
    ...batchRoutes(context, server),
  }
  return { routes, restart: updates.restart }
}
