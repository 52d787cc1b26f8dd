/**
 * SQL condition: the tag id in `column` is one of the historian bound as `@historian`. As a range, so that an index on
 * the column serves it: ids begin with `<historian>/`, and `0` is the character after `/`.
 */
export function ofHistorian(column: string): string {
  return `(${column} >= @historian || '/' AND ${column} < @historian || '0')`
}
