// Do what rope-append.wgsl does, and between the bias and the rotation normalise each head of the queries and
// keys by itself (RMSNorm, arXiv:1910.07467; QK-norm as in Qwen3, arXiv:2505.09388):
//   head[d] = head[d] * gain[d] / sqrt(mean_d(head[d]^2) + EPSILON)
// Bindings are described in qkv-heads.wgsl.
//
// LANES invocations handle one head of one token together (sum_lanes). The order of a sum depends neither on the
// step nor on the head's place in it, so a row is the same however a prompt is cut. EPSILON_BITS are the bits of
// an f32.

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let items = step.tokens * ALL_HEADS;
  let wanted = group.x * (WORKGROUP / LANES) + index / LANES;
  // Invocations past the end add up the last head once more, because sum_lanes needs all of them.
  let item = min(wanted, items - 1u);

  var squares = vec4f();
  for (var j = index % LANES; j < QUARTER; j += LANES) {
    let quad = quad_of(item, j);
    squares += quad * quad;
  }
  let square = dot(sum_lanes(squares, index), vec4f(1.0));
  if (wanted >= items) { return; }
  let scale = inverseSqrt(square / f32(HEAD_DIM) + bitcast<f32>(EPSILON_BITS));
  let head = item % ALL_HEADS;
  for (var j = index % LANES; j < QUARTER; j += LANES) {
    var quad = quad_of(item, j);
    if (QUERY_NORM && head < HEADS) {
      quad *= scale * vec4f(query_gain[j], query_gain[j + QUARTER]);
    }
    if (KEY_NORM && head >= HEADS && head < HEADS + KV_HEADS) {
      quad *= scale * vec4f(key_gain[j], key_gain[j + QUARTER]);
    }
    place(item, j, quad);
  }
}
