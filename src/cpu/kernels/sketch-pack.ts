/** @file Copying blocks of matrices into the order in which a product reads them. */

/** Columns `[depth, stride]` f32 as tiles of four: [columns / 4, depth, 4]. */
export function packFours(from: usize, stride: usize, depth: i32, columns: i32, to: usize): void {
  const tile = (<usize>depth) << 4;
  for (let k = 0; k < depth; k++) {
    let row = from + <usize>k * stride;
    let place = to + ((<usize>k) << 4);
    for (let column = 0; column < columns; column += 4) {
      v128.store(place, v128.load(row));
      row += 16;
      place += tile;
    }
  }
}

/** Rows `[rows, stride]` f32 as tiles of four: [rows / 4, depth, 4]. */
export function packTransposed(from: usize, stride: usize, depth: i32, rows: i32, to: usize): void {
  for (let row = 0; row < rows; row += 4) {
    let at = from + <usize>row * stride;
    for (let k = 0; k < depth; k += 4) {
      const x0 = v128.load(at);
      const x1 = v128.load(at + stride);
      const x2 = v128.load(at + 2 * stride);
      const x3 = v128.load(at + 3 * stride);
      const low01 = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5);
      const low23 = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
      const high01 = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
      const high23 = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
      v128.store(to, v128.shuffle<f64>(low01, low23, 0, 2));
      v128.store(to, v128.shuffle<f64>(low01, low23, 1, 3), 16);
      v128.store(to, v128.shuffle<f64>(high01, high23, 0, 2), 32);
      v128.store(to, v128.shuffle<f64>(high01, high23, 1, 3), 48);
      at += 16;
      to += 64;
    }
  }
}

/** Columns `[depth, stride]` f32 as panels of eight: [ceil(columns / 8), depth, 8]. The last one ends with zeros. */
export function packEights(from: usize, stride: usize, depth: i32, columns: i32, to: usize): void {
  const panel = (<usize>depth) << 5;
  for (let k = 0; k < depth; k++) {
    let row = from + <usize>k * stride;
    let place = to + ((<usize>k) << 5);
    for (let column = 0; column < columns; column += 8) {
      v128.store(place, v128.load(row));
      v128.store(place, column + 4 < columns ? v128.load(row, 16) : f32x4.splat(0), 16);
      row += 32;
      place += panel;
    }
  }
}
