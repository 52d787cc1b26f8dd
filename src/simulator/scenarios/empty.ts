/** A data server without points. */
import { PRIMARY_SERVER, type Scenario } from './scenario.ts'

export const empty: Scenario = (historian) => {
  historian.addServer(PRIMARY_SERVER)
}
