// What the kernels of a transform codec share. A group is layers whose numbers are written in one basis,
// K and V (sides 0 and 1) apart. Its rows of a run are [layers, tokens, 2, KV_HEADS, HEAD_DIM] f16, two to a
// word: as the layers' caches have them, one after the other.
//
// A quad is channels 2j, 2j + 1 and their RoPE partners HEAD_DIM / 2 further, of one head of one side: two
// words of a token's row. Two quads in a row, of a head or of neighbours, are a tile; the last may be half.

struct Run {
  start: u32, // position of the first token
  tokens: u32, // a multiple of 32
  skip: u32, // the first so many tokens are not the run's
  step: f32, // what a code of 1 stands for
  live_keys: u32, // live components of K
  live: u32, // of both sides
}

struct Group {
  layers: u32,
  components: vec2u, // of each side
  forward_unit: vec2f, // what a stored 1 of a side's matrix stands for
  inverse_unit: vec2f,
}

const PAIRS = HEAD_DIM / 2u;
const QUARTER = HEAD_DIM / 4u;
const QUADS = KV_HEADS * QUARTER; // of a side of a layer
const TILES = (QUADS + 1u) / 2u;

// A quad turned by cosine and sine of 2j, cosine and sine of 2j + 1; back with sign -1.
fn turned(x: vec4f, turn: vec4f, sign: f32) -> vec4f {
  let sines = sign * turn.yw;
  return vec4f(x.xy * turn.xz - x.zw * sines, x.zw * turn.xz + x.xy * sines);
}

// A quad's first word among the rows; the partners are QUARTER further.
fn word_at(row: u32, side: u32, quad: u32) -> u32 {
  return (row * 2u + side) * KV_HEADS * PAIRS + quad / QUARTER * PAIRS + quad % QUARTER;
}

// Eight numbers of a matrix, in twos.
fn eight(words: vec4u) -> mat4x2f {
  return mat4x2f(
    unpack2x16float(words.x),
    unpack2x16float(words.y),
    unpack2x16float(words.z),
    unpack2x16float(words.w),
  );
}
