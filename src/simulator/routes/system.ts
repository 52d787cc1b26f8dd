/** `/`, `/system` and what lies below it. */
import type { ApiContext } from '../context.ts'
import { formatTicksTrimmed } from '../grid.ts'
import { ApiError, ok } from '../http/answer.ts'
import type { Handler, Routes } from '../http/router.ts'

/** 2019 SP1. */
const PRODUCT_VERSION = '1.13.0.6298'

export function systemRoutes(context: ApiContext, userName: string): Routes {
  const forAdministrators =
    (answer: () => unknown): Handler =>
    () => {
      if (!context.switches().administrator) throw ApiError.of(403, 'Access to this resource is denied.')
      return ok(answer())
    }
  return {
    'GET ': ({ baseUrl }) =>
      ok({
        Links: {
          Self: `${baseUrl}/`,
          AssetServers: `${baseUrl}/assetservers`,
          DataServers: `${baseUrl}/dataservers`,
          Search: `${baseUrl}/search`,
          System: `${baseUrl}/system`,
        },
      }),
    'GET system': ({ baseUrl }) =>
      ok({
        ProductTitle: 'PI Web API',
        ProductVersion: PRODUCT_VERSION,
        Links: {
          Self: `${baseUrl}/system`,
          CacheInstances: `${baseUrl}/system/cacheinstances`,
          Configuration: `${baseUrl}/system/configuration`,
          UserInfo: `${baseUrl}/system/userinfo`,
          Versions: `${baseUrl}/system/versions`,
          Status: `${baseUrl}/system/status`,
        },
      }),
    'GET system/userinfo': () =>
      ok({
        IdentityType: 'WindowsIdentity',
        Name: userName,
        IsAuthenticated: userName !== '',
        SID: 'S-1-5-21-1000',
        ImpersonationLevel: 'Impersonation',
      }),
    'GET system/versions': forAdministrators(() => ({
      'PI Web API': { FullVersion: PRODUCT_VERSION, MajorMinorRevision: '1.13.0', Build: '6298' },
    })),
    'GET system/status': forAdministrators(() => ({
      UpTimeInMinutes: 1,
      State: 'Running',
      CacheInstances: 1,
      ServerTime: formatTicksTrimmed(context.now()),
    })),
    'GET system/configuration': forAdministrators(() => ({})),
    'GET system/activeconfiguration': forAdministrators(() => ({})),
    'GET system/cacheinstances': forAdministrators(() => ({ Links: {}, Items: [] })),
    'GET system/metrics': forAdministrators(() => ({})),
  }
}
