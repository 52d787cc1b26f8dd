/** The address of a tag at PI: what every request about it is made with. */
import { BanyanError } from '../../domain/errors.ts'
import type { PiAddress, Tag } from '../../domain/tag.ts'

/** Throws BANYAN_INTERNAL for a tag that PI does not have: the catalogue of this adapter never lists one. */
export function piAddressOf({ id, address }: Pick<Tag, 'id' | 'address'>): PiAddress {
  if (address.pi === undefined) {
    throw new BanyanError('BANYAN_INTERNAL', `tag ${id} was to be read through PI Web API, but has no address there`)
  }
  return address.pi
}
