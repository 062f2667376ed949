// Decode blocks to numbers, for a matrix whose parts have no format of codes in common. Needs blocks.wgsl and a file
// that defines write_unit.
//
// One invocation writes UNIT_COLUMNS columns of one row, in f32, or in f16 with TO_HALVES: numbers beyond the largest
// f16 stay at that.

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = UNIT_COLUMNS * id.x;
  let row = id.y;
  if (column >= params.columns || row >= params.rows) { return; }
  write_unit(weight_row(row) * params.columns + column, row * params.columns + column);
}

// Writes weights index .. index + 4.
fn write4(index: u32, values: vec4f) {
  if (TO_HALVES) {
    let kept = clamp(values, vec4f(-65504.0), vec4f(65504.0));
    weights[index / 2u] = pack2x16float(kept.xy);
    weights[index / 2u + 1u] = pack2x16float(kept.zw);
    return;
  }
  // unroll
  for (var i = 0u; i < 4u; i++) { weights[index + i] = bitcast<u32>(values[i]); }
}
