// Center the rows of a group: first step of the transform into the group's basis.
//   numbers[channel][token] = x[token][channel] - mean[channel]
// where x are the keys and values of the rows. Keys are first rotated back to position 0 (RoPE undone,
// half-split; arXiv:2104.09864). basis-group.wgsl explains groups, sides, quads and tiles.
//
// rotation [context, HEAD_DIM / 2] vec2f: cosine and sine of position * frequency
// rows     [layers, tokens, 2, KV_HEADS, HEAD_DIM] f16
// mean     [2 sides, layers, TILES, 2 quads] vec4f
// numbers  [2 sides, layers * KV_HEADS * HEAD_DIM, tokens] f32
//
// One invocation computes a quad of channels for four tokens: four times four numbers. Its neighbours take
// the next tokens. The numbers of skipped tokens are 0.

@group(0) @binding(0) var<storage, read> rotation: array<vec4f>;
@group(0) @binding(1) var<storage, read> rows: array<u32>;
@group(0) @binding(2) var<storage, read> mean: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> numbers: array<vec4f>;
@group(0) @binding(4) var<uniform> run: Run;
@group(0) @binding(5) var<uniform> group: Group;

fn centered(layer: u32, token: u32, side: u32, quad: u32) -> vec4f {
  if (token < run.skip) { return vec4f(); }
  let position = run.start + token;
  let at = word_at(layer * run.tokens + token, side, quad);
  var x = vec4f(unpack2x16float(rows[at]), unpack2x16float(rows[at + QUARTER]));
  if (side == 0u) { x = turned(x, rotation[position * QUARTER + quad % QUARTER], -1.0); }
  return x - mean[(side * group.layers + layer) * TILES * 2u + quad];
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let fours = run.tokens / 4u;
  let four = id.x % fours;
  let quad = id.x / fours % QUADS;
  let side = id.x / fours / QUADS % 2u;
  let layer = id.x / fours / QUADS / 2u;
  if (layer >= group.layers) { return; }
  let x = transpose(mat4x4f(
    centered(layer, 4u * four, side, quad),
    centered(layer, 4u * four + 1u, side, quad),
    centered(layer, 4u * four + 2u, side, quad),
    centered(layer, 4u * four + 3u, side, quad),
  ));
  let head = (side * group.layers + layer) * KV_HEADS + quad / QUARTER;
  let channel = head * HEAD_DIM + quad % QUARTER * 2u;
  numbers[channel * fours + four] = x[0];
  numbers[(channel + 1u) * fours + four] = x[1];
  numbers[(channel + PAIRS) * fours + four] = x[2];
  numbers[(channel + PAIRS + 1u) * fours + four] = x[3];
}
