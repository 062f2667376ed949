// Add biases to the step's queries, keys and values, rotate queries and keys by their positions (RoPE,
// half-split: channels d and d + HEAD_DIM / 2 form a pair; arXiv:2104.09864), and append keys and values to the
// KV cache in f16. Bindings are described in qkv-heads.wgsl.
//
// One invocation handles one quad.

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= step.tokens * ALL_HEADS * QUARTER) { return; }
  let item = id.x / QUARTER;
  let j = id.x % QUARTER;
  place(item, j, quad_of(item, j));
}
