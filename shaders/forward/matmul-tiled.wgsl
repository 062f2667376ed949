// y = x W^T for many tokens, tiled through workgroup memory. This is the variant for real GPUs, and the one
// that needs no optional feature. linear-output.wgsl says how y is stored.
//
// weights [rows, columns], in one of the weight formats
// x       [tokens, columns] f32
// y       [tokens, rows] f32, or [tokens, rows / 2] for SWIGLU
//
// A workgroup of 16 x 16 computes a tile of 64 tokens x 16 quads of rows, and one invocation computes
// 4 tokens x 1 quad. The workgroup goes along the columns in blocks of 16. For each block it copies both
// operands into workgroup memory, transposed: one vec4f holds four tokens, or a quad's four rows, of one
// column. So the inner loop is two loads and sixteen multiplications. columns % 8 == 0.

struct Params { rows: u32, columns: u32 }
struct Step { position: u32, tokens: u32 }

@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;
@group(0) @binding(4) var<uniform> step: Step;

const TILE = 16u; // quads of rows, and groups of four tokens
const BLOCK = 16u; // columns
const STRIDE = TILE + 1u; // one more, so that a column's writes fall into different banks

var<workgroup> x_tile: array<vec4f, BLOCK * STRIDE>;
var<workgroup> w_tile: array<vec4f, BLOCK * STRIDE>;

@compute @workgroup_size(TILE, TILE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let quads = params.rows / 4u;
  let first_quad = group.x * TILE;
  let first_token = group.y * 4u * TILE;
  // Each invocation copies four columns of one token. Every second one also copies eight columns of one row.
  let quad_column = index % 4u;
  let lane = index / 4u;
  let source_token = min(first_token + lane, step.tokens - 1u);
  let source_row = quad_row(min(first_quad + lane / 4u, quads - 1u), lane % 4u);

  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
  for (var start = 0u; start < params.columns; start += BLOCK) {
    let column = start + 4u * quad_column;
    let inside = column < params.columns;
    var a = vec4f();
    if (inside) { a = x[(source_token * params.columns + column) / 4u]; }
    let at = 4u * quad_column * STRIDE + lane / 4u;
    for (var i = 0u; i < 4u; i++) { x_tile[at + i * STRIDE][lane % 4u] = a[i]; }
    if (quad_column % 2u == 0u) {
      var w = mat2x4f();
      if (inside) { w = weights8(source_row, column / 8u); }
      for (var i = 0u; i < 4u; i++) {
        w_tile[at + i * STRIDE][lane % 4u] = w[0][i];
        w_tile[at + (i + 4u) * STRIDE][lane % 4u] = w[1][i];
      }
    }
    workgroupBarrier();
    for (var k = 0u; k < BLOCK; k++) {
      let tokens = x_tile[k * STRIDE + local.y];
      let rows = w_tile[k * STRIDE + local.x];
      s0 += tokens.x * rows;
      s1 += tokens.y * rows;
      s2 += tokens.z * rows;
      s3 += tokens.w * rows;
    }
    workgroupBarrier();
  }

  let quad = first_quad + local.x;
  if (quad >= quads) { return; }
  let token = first_token + 4u * local.y;
  if (token < step.tokens) { write_quad(token, quad, s0); }
  if (token + 1u < step.tokens) { write_quad(token + 1u, quad, s1); }
  if (token + 2u < step.tokens) { write_quad(token + 2u, quad, s2); }
  if (token + 3u < step.tokens) { write_quad(token + 3u, quad, s3); }
}
