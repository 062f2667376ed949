/**
 * Gram-Schmidt, twice, in place. A row that depends on those before it becomes zero.
 *
 * @param length of a row
 */
export function orthonormalise(rows: Float32Array, length: number): void {
  for (let at = 0; at < rows.length; at += length) {
    const row = rows.subarray(at, at + length);
    for (let pass = 0; pass < 2; pass++)
      for (let other = 0; other < at; other += length)
        subtractProjection(row, rows.subarray(other, other + length));
    const norm = Math.sqrt(dot(row, row));
    const scale = norm > 1e-6 ? 1 / norm : 0;
    for (let i = 0; i < length; i++) row[i] = (row[i] ?? 0) * scale;
  }
}

function subtractProjection(row: Float32Array, other: Float32Array): void {
  const share = dot(row, other);
  for (let i = 0; i < row.length; i++) row[i] = (row[i] ?? 0) - share * (other[i] ?? 0);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
