// Decode blocks to numbers, for a matrix whose parts have no format of codes in common. Needs blocks.wgsl and, for
// quantized blocks, one of the files that read the blocks of a type.
//
// One invocation writes four columns of one row, in f32, or in f16 with TO_HALVES: numbers beyond the largest f16
// stay at that.

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let units = params.columns / 4u;
  if (id.x >= params.rows * units) { return; }
  let column = 4u * (id.x % units);
  let row = id.x / units;
  let values = values4(row * params.columns + column);
  let to = weight_row(row) * params.columns + column;
  if (TO_HALVES) {
    let kept = clamp(values, vec4f(-65504.0), vec4f(65504.0));
    weights[to / 2u] = pack2x16float(kept.xy);
    weights[to / 2u + 1u] = pack2x16float(kept.zw);
    return;
  }
  for (var i = 0u; i < 4u; i++) { weights[to + i] = bitcast<u32>(values[i]); }
}
