/** What the report page does in a browser: reads the report that the page carries and draws what needs a hand. */
import type { ParityReport } from '../../model.ts'
import { placeOf } from './dom.ts'
import { DoubtfulCells } from './doubtful-cells.ts'
import { HeatMap } from './heat-map.ts'
import { columnStartMs } from './heat-scale.ts'
import { histogramsOf } from './histogram.ts'
import { repairPlanButton } from './repair-plan.ts'
import { TagTable } from './tag-table.ts'
import { rowsOf } from './tag-view.ts'
import { viewControls } from './view-controls.ts'

const report = JSON.parse(placeOf('report')?.textContent ?? 'null') as ParityReport
const { heat, tags, doubtful, repairPlan } = report

const cells = new DoubtfulCells(report)
placeOf('doubtful-cells')?.append(cells.element)

const map = new HeatMap(heat, ({ row, from, until }) =>
  cells.open(row.tag.id, columnStartMs(heat, from), columnStartMs(heat, until)),
)
const table = new TagTable(heat)
placeOf('heat-map')?.append(map.element)
placeOf('tag-table')?.append(table.element)
const controls = viewControls(rowsOf(tags, heat.columns), (shown) => {
  map.show(shown)
  table.show(shown)
})
placeOf('heat-map')?.prepend(controls)

const histograms = histogramsOf(doubtful.flatMap(({ differences }) => differences))
if (histograms !== undefined) placeOf('histograms')?.append(histograms)
placeOf('repair-plan')?.append(repairPlanButton(repairPlan))
