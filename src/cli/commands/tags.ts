/** `banyan tags`: the tags the rules select, or all that match a mask. */
import { listTags, type TagListing } from '../../app/tags.ts'
import { formatOpcUaAddress } from '../../domain/opc-ua-address.ts'
import type { Tag } from '../../domain/tag.ts'
import { type CommandContext, withBridge } from '../context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { printable } from '../../util/printable.ts'
import { plural } from '../../util/format.ts'
import { renderTable } from '../../util/text-table.ts'

export async function tags(context: CommandContext, options: { readonly match?: string }): Promise<ExitCode> {
  const { output, interrupt } = context
  const listing = await withBridge(context, (bridge) => listTags(bridge, options.match, interrupt.signal))
  const model = {
    tags: listing.tags.map(({ tag, selected }) => ({ ...tag, address: addressModel(tag), selected })),
    missing: listing.missing,
  }
  output.answer(model, () => render(listing))
  const selectedCount = listing.tags.filter(({ selected }) => selected).length
  output.note(`${plural(listing.tags.length, 'tag')}, ${plural(selectedCount, 'tag')} selected by the configuration`)
  if (listing.missing.length > 0) {
    output.warn('Warning', `listed, but unknown to the historian: ${listing.missing.map(printable).join(', ')}`)
  }
  return EXIT.done
}

/** Of the two kinds of address, those it has. */
function addressModel({ address: { pi, opcua } }: Tag): object {
  return { ...pi, ...(opcua === undefined ? {} : { nodeId: formatOpcUaAddress(opcua) }) }
}

function render({ tags: listed }: TagListing): string {
  const hasNodes = listed.some(({ tag }) => tag.address.opcua !== undefined)
  return renderTable(
    [
      { title: 'ID' },
      { title: 'NAME' },
      { title: 'TYPE' },
      { title: 'UNITS' },
      { title: 'SELECTED' },
      ...(hasNodes ? [{ title: 'OPC UA NODE' }] : []),
      { title: 'DESCRIPTION' },
    ],
    listed.map(({ tag, selected }) => [
      tag.id,
      tag.name,
      tag.future ? `${tag.type} (future)` : tag.type,
      tag.units,
      selected ? 'yes' : 'no',
      ...(hasNodes ? [tag.address.opcua === undefined ? '-' : formatOpcUaAddress(tag.address.opcua)] : []),
      tag.descriptor,
    ]),
  )
}
