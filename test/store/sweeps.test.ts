import SqliteDatabase from 'better-sqlite3'
import { expect, test } from 'vitest'
import { parseTagId } from '../../src/domain/tag-id.ts'
import { ticks } from '../../src/domain/ticks.ts'
import { refusal } from './refusal.ts'
import { openTemporaryStore, temporaryFile } from './temporary-store.ts'

const WINDOW = { from: ticks(-(2n ** 62n)), until: ticks(2n ** 62n) }

test('a sweep goes on where it was, per schedule and historian, until it is finished', () => {
  const file = temporaryFile()
  const first = openTemporaryStore(file)
  expect(first.sweeps.get('hourly', 'pi')).toBeUndefined()
  first.sweeps.save('hourly', 'pi', { window: WINDOW, afterTag: undefined })
  first.sweeps.save('nightly', 'pi', { window: WINDOW, afterTag: parseTagId("pi/it's") })
  first.close()
  const store = openTemporaryStore(file)
  expect(store.sweeps.get('hourly', 'pi')).toEqual({ window: WINDOW, afterTag: undefined })
  const later = { window: WINDOW, afterTag: parseTagId('pi/7') }
  store.sweeps.save('hourly', 'pi', later)
  expect(store.sweeps.get('hourly', 'pi')).toEqual(later)
  store.sweeps.finish('hourly', 'pi')
  store.sweeps.finish('hourly', 'pi')
  expect(store.sweeps.get('hourly', 'pi')).toBeUndefined()
  expect(store.sweeps.get('nightly', 'pi')).toEqual({ window: WINDOW, afterTag: "pi/it's" })
  expect(store.sweeps.get('nightly', 'pi-south')).toBeUndefined()
})

test('progress that names no tag is damage', () => {
  const file = temporaryFile()
  const store = openTemporaryStore(file)
  store.sweeps.save('hourly', 'pi', { window: WINDOW, afterTag: undefined })
  const other = new SqliteDatabase(file)
  other.exec("UPDATE sweep_progress SET after_tag = 'no tag'")
  other.close()
  expect(refusal(() => store.sweeps.get('hourly', 'pi')).code).toBe('BANYAN_STORE_CORRUPT')
})
