import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readKillSwitch } from '../../src/cutover/kill-switch.ts'

describe('readKillSwitch', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'banyan-kill-switch-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('is off where neither variable nor file is there', () => {
    expect(readKillSwitch({}, undefined)).toEqual({ isOn: false })
    expect(readKillSwitch({ BANYAN_KILL_SWITCH: '' }, join(folder, 'kill'))).toEqual({ isOn: false })
  })

  it('is on for any value of the variable', () => {
    for (const value of ['1', 'on', '0', ' ']) {
      expect(readKillSwitch({ BANYAN_KILL_SWITCH: value }, undefined)).toEqual({ isOn: true, by: 'BANYAN_KILL_SWITCH' })
    }
  })

  it('is on from the moment the file is there, whatever it holds, until it is gone', () => {
    const file = join(folder, 'kill')
    expect(readKillSwitch({}, file)).toEqual({ isOn: false })
    writeFileSync(file, '')
    expect(readKillSwitch({}, file)).toEqual({ isOn: true, by: file })
    rmSync(file)
    expect(readKillSwitch({}, file)).toEqual({ isOn: false })
  })

  it('is on where nobody can tell', () => {
    const loop = join(folder, 'loop')
    symlinkSync(loop, loop)
    expect(readKillSwitch({}, loop)).toMatchObject({ isOn: true })
  })
})
