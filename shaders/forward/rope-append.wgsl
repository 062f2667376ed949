// Rotate the step's queries and keys by their positions (RoPE, half-split: channels d and
// d + HEAD_DIM / 2 form a pair; arXiv:2104.09864), and append keys and values to the KV cache in f16.
//
// rotation [context, HEAD_DIM / 2] vec2f: cosine and sine of position * frequency
// qkv      [tokens, HEADS + 2 * KV_HEADS, HEAD_DIM] f32; the queries are rotated in place
// cache    [context, 2, KV_HEADS, HEAD_DIM] f16, two to a word: keys, then values, of a position
//
// One invocation handles channels 2j, 2j + 1 and their partners HEAD_DIM / 2 further, of one head of one
// token. In f16 these four numbers take two words. HEAD_DIM % 4 == 0.

struct Step { position: u32, tokens: u32 }

@group(0) @binding(0) var<storage, read> rotation: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> qkv: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> cache: array<u32>;
@group(0) @binding(3) var<uniform> step: Step;

const ALL_HEADS = HEADS + 2u * KV_HEADS;
const PAIRS = HEAD_DIM / 2u;
const QUARTER = HEAD_DIM / 4u;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= step.tokens * ALL_HEADS * QUARTER) { return; }
  let j = id.x % QUARTER;
  let head = id.x / QUARTER % ALL_HEADS;
  let token = id.x / QUARTER / ALL_HEADS;
  let position = step.position + token;

  let at = (token * ALL_HEADS + head) * PAIRS + j;
  var low = qkv[at];
  var high = qkv[at + QUARTER];
  if (head < HEADS + KV_HEADS) {
    let turn = rotation[position * QUARTER + j]; // cos, sin of 2j; cos, sin of 2j + 1
    let rotated = low * turn.xz - high * turn.yw;
    high = high * turn.xz + low * turn.yw;
    low = rotated;
  }
  if (head < HEADS) {
    qkv[at] = low;
    qkv[at + QUARTER] = high;
  } else {
    let word = (position * 2u * KV_HEADS + head - HEADS) * PAIRS + j;
    cache[word] = pack2x16float(low);
    cache[word + QUARTER] = pack2x16float(high);
  }
}
