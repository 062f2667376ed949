// Product of two tall matrices: out += A^T B with ADD, else out = A^T B. This variant is tiled through
// workgroup memory, for real GPUs.
//
// The products accumulate statistics of rows X. A sketch of their covariance takes two: P = X Omega, then
// Y += X^T P. The covariance itself takes one: C += X^T X.
//
// a   [depth, rows] f32, or with TRANSPOSED [rows, depth]
// b   [depth, columns] f32
// out [rows, columns] f32; with SYMMETRIC a and b are the same, and only tiles on and above the diagonal
//     are written
//
// rows, columns and depth are multiples of 4. A workgroup of 16 x 16 computes a tile of 64 x 64, and one
// invocation computes 4 rows of a quad of columns. The workgroup goes along the depth in blocks of 16. For
// each block it copies both operands into workgroup memory, where one vec4f holds four rows, or four
// columns, of one depth. So the inner loop is two loads and sixteen multiplications.

struct Size { rows: u32, columns: u32, depth: u32 }

@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(3) var<uniform> size: Size;

const TILE = 16u; // quads of rows, and of columns
const BLOCK = 16u; // steps along the depth
const STRIDE = TILE + 1u; // one more, so that a column's writes fall into different banks

var<workgroup> a_tile: array<vec4f, BLOCK * STRIDE>;
var<workgroup> b_tile: array<vec4f, BLOCK * STRIDE>;

// A quad of b's columns at one depth. It is 0 past the end.
fn quad_at_b(depth: u32, quad: u32) -> vec4f {
  if (depth >= size.depth || 4u * quad >= size.columns) { return vec4f(); }
  return b[(depth * size.columns) / 4u + quad];
}

// A quad of a's rows at one depth. It is 0 past the end.
fn quad_at_a(depth: u32, quad: u32) -> vec4f {
  if (depth >= size.depth || 4u * quad >= size.rows) { return vec4f(); }
  return a[(depth * size.rows) / 4u + quad];
}

// Four depths of one row of a, if it is TRANSPOSED. They are 0 past the end.
fn row_at_a(row: u32, depth: u32) -> vec4f {
  if (depth >= size.depth || row >= size.rows) { return vec4f(); }
  return a[(row * size.depth + depth) / 4u];
}

fn write(row: u32, quad: u32, sum: vec4f) {
  let at = (row * size.columns) / 4u + quad;
  if (ADD) { out[at] += sum; } else { out[at] = sum; }
}

@compute @workgroup_size(TILE, TILE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  if (SYMMETRIC && group.y > group.x) { return; }
  let first_column = group.x * TILE;
  let first_row = group.y * TILE;

  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
  for (var start = 0u; start < size.depth; start += BLOCK) {
    let at = local.y * STRIDE + local.x;
    b_tile[at] = quad_at_b(start + local.y, first_column + local.x);
    if (TRANSPOSED) {
      let depth = 4u * (index % 4u);
      let row = index / 4u;
      let x = row_at_a(4u * first_row + row, start + depth);
      for (var i = 0u; i < 4u; i++) { a_tile[(depth + i) * STRIDE + row / 4u][row % 4u] = x[i]; }
    } else {
      a_tile[at] = quad_at_a(start + local.y, first_row + local.x);
    }
    workgroupBarrier();
    for (var k = 0u; k < BLOCK; k++) {
      let rows = a_tile[k * STRIDE + local.y];
      let columns = b_tile[k * STRIDE + local.x];
      s0 += rows.x * columns;
      s1 += rows.y * columns;
      s2 += rows.z * columns;
      s3 += rows.w * columns;
    }
    workgroupBarrier();
  }

  let quad = first_column + local.x;
  let row = 4u * (first_row + local.y);
  if (4u * quad >= size.columns || row >= size.rows) { return; }
  write(row, quad, s0);
  write(row + 1u, quad, s1);
  write(row + 2u, quad, s2);
  write(row + 3u, quad, s3);
}
