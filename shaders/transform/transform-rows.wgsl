// Transform the centered rows of a group into its basis:
//   level[c][t] = (sum over channels of forward[channel][c] * numbers[channel][t]) / step
// They are rounded to codes where their bits are known (src/kv/codecs/entropy/round-components.ts). basis-group.wgsl
// explains groups and sides.
//
// matrix  [channels, blocks] of 8 f16: `forward`, each side's components in blocks of 8, of which the last is
//         padded; K's blocks, then V's
// numbers [2 sides, channels, tokens] f32
// levels  [components of K, then of V; tokens] f32
//
// One invocation computes a block of components for eight tokens: four consecutive ones in each half of the
// run. Its neighbours take the next tokens, and read the same 16 bytes of `matrix`.

@group(0) @binding(0) var<storage, read> matrix: array<vec4u>;
@group(0) @binding(1) var<storage, read> numbers: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> levels: array<vec4f>;
@group(0) @binding(3) var<uniform> run: Run;
@group(0) @binding(4) var<uniform> group: Group;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let eights = run.tokens / 8u;
  let four = id.x % eights;
  let block = id.x / eights;
  let key_blocks = (group.components.x + 7u) / 8u;
  let blocks = key_blocks + (group.components.y + 7u) / 8u;
  if (block >= blocks) { return; }
  let side = select(0u, 1u, block >= key_blocks);
  let channels = group.layers * KV_HEADS * HEAD_DIM;

  var row = block;
  var at = 2u * side * channels * eights + four;
  var a0 = vec4f(); var a1 = vec4f(); var a2 = vec4f(); var a3 = vec4f();
  var a4 = vec4f(); var a5 = vec4f(); var a6 = vec4f(); var a7 = vec4f();
  var b0 = vec4f(); var b1 = vec4f(); var b2 = vec4f(); var b3 = vec4f();
  var b4 = vec4f(); var b5 = vec4f(); var b6 = vec4f(); var b7 = vec4f();
  for (var channel = 0u; channel < channels; channel++) {
    let weights = eight(matrix[row]);
    let a = numbers[at];
    let b = numbers[at + eights];
    a0 += weights[0].x * a;
    a1 += weights[0].y * a;
    a2 += weights[1].x * a;
    a3 += weights[1].y * a;
    a4 += weights[2].x * a;
    a5 += weights[2].y * a;
    a6 += weights[3].x * a;
    a7 += weights[3].y * a;
    b0 += weights[0].x * b;
    b1 += weights[0].y * b;
    b2 += weights[1].x * b;
    b3 += weights[1].y * b;
    b4 += weights[2].x * b;
    b5 += weights[2].y * b;
    b6 += weights[3].x * b;
    b7 += weights[3].y * b;
    row += blocks;
    at += 2u * eights;
  }

  let unit = group.forward_unit[side];
  var y = array<vec4f, 16>(a0, a1, a2, a3, a4, a5, a6, a7, b0, b1, b2, b3, b4, b5, b6, b7);
  let first = (block - side * key_blocks) * 8u;
  for (var i = 0u; i < 16u; i++) {
    let component = first + i % 8u;
    if (component >= group.components[side]) { continue; }
    let to = 2u * (side * group.components.x + component) + i / 8u;
    levels[to * eights + four] = y[i] * unit / run.step;
  }
}
