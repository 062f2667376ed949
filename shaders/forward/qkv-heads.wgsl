// What the two rope-append kernels share: bindings, and what is done to four channels of a head.
//
// rotation   [context, HEAD_DIM / 2] vec2f: cosine and sine of position * frequency
// qkv        [tokens, HEADS + 2 * KV_HEADS, HEAD_DIM] f32; the queries are changed in place
// cache      [context, 2, KV_HEADS, HEAD_DIM] f16, two to a word: keys, then values, of a position
// bias       [HEADS + 2 * KV_HEADS, HEAD_DIM] f32; read where QUERY_BIAS, KEY_BIAS or VALUE_BIAS
// query_gain [HEAD_DIM] f32, the gains of the norm of every query head; read where QUERY_NORM
// key_gain   [HEAD_DIM] f32, the same of every key head; read where KEY_NORM
//
// A quad is the channels 2j, 2j + 1 and their partners HEAD_DIM / 2 further, of one head of one token. In f16
// these four numbers take two words. `item` = token * ALL_HEADS + head counts heads over all tokens.
// HEAD_DIM % 4 == 0. KV_HEADS may be 0; then nothing is appended.

struct Step { position: u32, tokens: u32 }

@group(0) @binding(0) var<storage, read> rotation: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> qkv: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> cache: array<u32>;
@group(0) @binding(3) var<storage, read> bias: array<vec2f>;
@group(0) @binding(4) var<storage, read> query_gain: array<vec2f>;
@group(0) @binding(5) var<storage, read> key_gain: array<vec2f>;
@group(0) @binding(6) var<uniform> step: Step;

const ALL_HEADS = HEADS + 2u * KV_HEADS;
const PAIRS = HEAD_DIM / 2u;
const QUARTER = HEAD_DIM / 4u;

// Quad j of a head, with its bias: 2j, 2j + 1 in xy and their partners in zw.
fn quad_of(item: u32, j: u32) -> vec4f {
  let at = item * PAIRS + j;
  let quad = vec4f(qkv[at], qkv[at + QUARTER]);
  if (QUERY_BIAS || KEY_BIAS || VALUE_BIAS) {
    let head = item % ALL_HEADS;
    let first = head * PAIRS + j;
    let is_biased = (QUERY_BIAS && head < HEADS)
      || (KEY_BIAS && head >= HEADS && head < HEADS + KV_HEADS)
      || (VALUE_BIAS && head >= HEADS + KV_HEADS);
    if (is_biased) { return quad + vec4f(bias[first], bias[first + QUARTER]); }
  }
  return quad;
}

// Rotates a quad of a query or key by its position, and puts it where it belongs.
fn place(item: u32, j: u32, quad: vec4f) {
  let head = item % ALL_HEADS;
  let position = step.position + item / ALL_HEADS;
  var low = quad.xy;
  var high = quad.zw;
  if (head < HEADS + KV_HEADS) {
    let turn = rotation[position * QUARTER + j]; // cos, sin of 2j; cos, sin of 2j + 1
    let rotated = low * turn.xz - high * turn.yw;
    high = high * turn.xz + low * turn.yw;
    low = rotated;
  }
  if (head < HEADS) {
    let at = item * PAIRS + j;
    qkv[at] = low;
    qkv[at + QUARTER] = high;
  } else {
    let word = (position * 2u * KV_HEADS + head - HEADS) * PAIRS + j;
    cache[word] = pack2x16float(low);
    cache[word + QUARTER] = pack2x16float(high);
  }
}
