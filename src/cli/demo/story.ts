/** The story of `banyan demo`, act by act. Whoever listens stops at the first scene that is not as told. */
import type { DemoSite } from './demo-site.ts'
import { followed } from './copying.ts'
import { proven } from './evidence.ts'
import { fell } from './fault-in-live.ts'
import { moved } from './moving.ts'
import type { Scene } from './scene.ts'
import { refused } from './silent-edit.ts'

/** `copied`: the first scene, which comes before there is anything to decide about. */
export async function* story(site: DemoSite, copied: Scene): AsyncGenerator<Scene> {
  yield copied
  yield* followed(site)
  yield* refused(site)
  yield* moved(site, '')
  yield* fell(site)
  yield* moved(site, '-again')
  yield* proven(site)
}
