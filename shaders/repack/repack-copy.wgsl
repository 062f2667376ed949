// Copy rows of numbers to their places, bit by bit. Needs blocks.wgsl. One invocation copies UNIT_COLUMNS columns of a row,
// which are four words.

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = UNIT_COLUMNS * id.x;
  let row = id.y;
  if (column >= params.columns || row >= params.rows) { return; }
  let stored = (row * params.columns + column) / (UNIT_COLUMNS / 4u);
  let first = (weight_row(row) * params.columns + column) / (UNIT_COLUMNS / 4u);
  // unroll
  for (var i = 0u; i < 4u; i++) { weights[first + i] = blocks[stored + i]; }
}
