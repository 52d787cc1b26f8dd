/** The repair plan as a file, byte for byte what `banyan repair --plan` takes. */
import { formatBytes } from '../../../util/format.ts'
import type { RepairPlan } from '../../model.ts'
import { button } from './dom.ts'

const FILE_NAME = 'banyan-repair-plan.json'
/** The browser needs the address until it has begun to save. */
const KEEP_MS = 60_000

export function repairPlanButton(plan: RepairPlan): HTMLButtonElement {
  const blob = new Blob([`${JSON.stringify(plan, undefined, 2)}\n`], { type: 'application/json' })
  return button(`Save ${FILE_NAME} (${formatBytes(blob.size)})`, () => {
    const address = URL.createObjectURL(blob)
    const link = document.createElement('a')
    link.href = address
    link.download = FILE_NAME
    link.click()
    setTimeout(() => {
      URL.revokeObjectURL(address)
    }, KEEP_MS)
  })
}
