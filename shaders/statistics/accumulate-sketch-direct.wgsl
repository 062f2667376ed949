// Product of two tall matrices: out += A^T B with ADD, else out = A^T B. This variant does without workgroup
// memory, for adapters on which barriers are slow (SwiftShader). accumulate-sketch-tiled.wgsl says what the
// products are used for.
//
// a   [depth, rows] f32, or with TRANSPOSED [rows, depth]
// b   [depth, columns] f32
// out [rows, columns] f32; with SYMMETRIC a and b are the same, and at least the part on and above the
//     diagonal is written
//
// rows, columns and depth are multiples of 4. One invocation computes 16 rows of a quad of columns, in
// registers; the invocations of a workgroup take neighbouring quads of the same rows.

struct Size { rows: u32, columns: u32, depth: u32 }

@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(3) var<uniform> size: Size;

const ROWS = 16u;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let quads = size.columns / 4u;
  let quad = id.x;
  let first = id.y * ROWS;
  if (quad >= quads || (SYMMETRIC && 4u * quad + 3u < first)) { return; }

  var sums: array<vec4f, ROWS>;
  if (TRANSPOSED) {
    let stride = size.depth / 4u;
    var at: array<u32, ROWS>; // rows past the end stand in for the last one
    // unroll
    for (var i = 0u; i < 16u; i++) { at[i] = min(first + i, size.rows - 1u) * stride; }
    for (var k = 0u; k < stride; k++) {
      let b0 = b[4u * k * quads + quad];
      let b1 = b[(4u * k + 1u) * quads + quad];
      let b2 = b[(4u * k + 2u) * quads + quad];
      let b3 = b[(4u * k + 3u) * quads + quad];
      let m = mat4x4f(b0, b1, b2, b3);
      // unroll
      for (var i = 0u; i < 16u; i++) { sums[i] += m * a[at[i] + k]; }
    }
  } else {
    let stride = size.rows / 4u;
    let last = stride - 1u;
    let start = first / 4u;
    for (var k = 0u; k < size.depth; k++) {
      let columns = b[k * quads + quad];
      // unroll
      for (var i = 0u; i < 4u; i++) {
        let rows = a[k * stride + min(start + i, last)];
        sums[4u * i] += rows.x * columns;
        sums[4u * i + 1u] += rows.y * columns;
        sums[4u * i + 2u] += rows.z * columns;
        sums[4u * i + 3u] += rows.w * columns;
      }
    }
  }

  // unroll
  for (var i = 0u; i < 16u; i++) {
    let at = (first + i) * quads + quad;
    if (first + i < size.rows) {
      if (ADD) { out[at] += sums[i]; } else { out[at] = sums[i]; }
    }
  }
}
