/** One person, however the name was typed: two spellings must not become two people who approve. */
export function personOf(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase()
}
