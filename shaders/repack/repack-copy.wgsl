// Copy rows of numbers to their places, bit by bit. Needs blocks.wgsl. One invocation copies one word of a row;
// params.columns counts words here.

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.rows * params.columns) { return; }
  let to = weight_row(id.x / params.columns) * params.columns + id.x % params.columns;
  weights[to] = blocks[id.x];
}
