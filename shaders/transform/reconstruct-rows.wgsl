// Reconstruct the rows of a group from the codes of their components, in f16:
//   x[channel] = mean[channel] + step * sum over live components c of inverse[c][channel] * code[c]
// Keys are then rotated to their token's position (RoPE, half-split; arXiv:2104.09864). basis-group.wgsl explains
// groups, sides, quads and tiles. A component is live if any of its codes in the run is not 0.
//
// rotation [context, HEAD_DIM / 2] vec2f: cosine and sine of position * frequency
// mean     [2 sides, layers, TILES, 2 quads] vec4f
// matrix   [components of K, then of V; layers, TILES] of 8 f16: a tile's two quads
// live     [live] u32, the row of `matrix` that belongs to each live component, K's components first
// codes    [live, tokens] f32
// rows     [layers, tokens, 2, KV_HEADS, HEAD_DIM] f16; those of skipped tokens are not written
//
// One invocation computes a tile for eight tokens: four consecutive ones in each half of the run. Its neighbours
// take the next tokens, and read the same 16 bytes of `matrix`. Loads are what takes the time, so each of them
// serves 8 x 8 products. More would not fit into registers.

@group(0) @binding(0) var<storage, read> rotation: array<vec4f>;
@group(0) @binding(1) var<storage, read> mean: array<vec4f>;
@group(0) @binding(2) var<storage, read> matrix: array<vec4u>;
@group(0) @binding(3) var<storage, read> live: array<u32>;
@group(0) @binding(4) var<storage, read> codes: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> rows: array<u32>;
@group(0) @binding(6) var<uniform> run: Run;
@group(0) @binding(7) var<uniform> group: Group;

fn store(layer: u32, token: u32, side: u32, quad: u32, centered: vec4f) {
  if (token < run.skip) { return; }
  let position = run.start + token;
  var x = centered + mean[(side * group.layers + layer) * TILES * 2u + quad];
  if (side == 0u) { x = turned(x, rotation[position * QUARTER + quad % QUARTER], 1.0); }
  let at = word_at(layer * run.tokens + token, side, quad);
  rows[at] = half_bits(x.x) | (half_bits(x.y) << 16u);
  rows[at + QUARTER] = half_bits(x.z) | (half_bits(x.w) << 16u);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let eights = run.tokens / 8u;
  let four = id.x % eights;
  let tile = id.x / eights % TILES;
  let side = id.x / eights / TILES % 2u;
  let layer = id.x / eights / TILES / 2u;
  if (layer >= group.layers) { return; }

  let column = layer * TILES + tile;
  let stride = group.layers * TILES;
  let end = select(run.live_keys, run.live, side == 1u);
  var a0 = vec4f(); var a1 = vec4f(); var a2 = vec4f(); var a3 = vec4f();
  var a4 = vec4f(); var a5 = vec4f(); var a6 = vec4f(); var a7 = vec4f();
  var b0 = vec4f(); var b1 = vec4f(); var b2 = vec4f(); var b3 = vec4f();
  var b4 = vec4f(); var b5 = vec4f(); var b6 = vec4f(); var b7 = vec4f();
  for (var i = select(0u, run.live_keys, side == 1u); i < end; i++) {
    let weights = eight(matrix[live[i] * stride + column]);
    let a = codes[2u * i * eights + four];
    let b = codes[(2u * i + 1u) * eights + four];
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
  }

  let unit = group.inverse_unit[side] * run.step;
  // Index: half of the run, quad of the tile, channel of the quad. Each vec4f has four tokens.
  var x = array<vec4f, 16>(a0, a1, a2, a3, a4, a5, a6, a7, b0, b1, b2, b3, b4, b5, b6, b7);
  for (var i = 0u; i < 16u; i++) {
    let quad = 2u * tile + i / 4u % 2u;
    if (quad >= QUADS) { continue; }
    let first = 4u * (four + i / 8u * eights);
    let c = i / 4u * 4u;
    let t = i % 4u;
    store(layer, first + t, side, quad, vec4f(x[c][t], x[c + 1u][t], x[c + 2u][t], x[c + 3u][t]) * unit);
  }
}
