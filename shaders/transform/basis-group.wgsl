// Types and functions that the kernels of a transform codec share.
//
// A group is a number of layers whose keys and values are written in one basis, K (side 0) and V (side 1)
// apart. The group's rows of a run are [layers, tokens, 2, KV_HEADS, HEAD_DIM] f16, two to a word: copies of
// the rows in the layers' caches, one layer after the other.
//
// A quad is channels 2j, 2j + 1 and their RoPE partners HEAD_DIM / 2 further, of one head of one side. It
// takes two words of a token's row. A tile is two consecutive quads, of one head or of neighbouring heads.
// The last tile may have only one.

struct Run {
  start: u32, // position of the first token
  tokens: u32, // a multiple of 32
  skip: u32, // number of first tokens that are left out
  step: f32, // size of a component whose code is 1
  live_keys: u32, // number of live components of K
  live: u32, // number of live components of both sides
}

struct Group {
  layers: u32,
  components: vec2u, // number of components of each side
  forward_unit: vec2f, // number that a stored 1 of each side's forward matrix stands for
  inverse_unit: vec2f, // the same for the inverse matrix
}

const PAIRS = HEAD_DIM / 2u;
const QUARTER = HEAD_DIM / 4u;
const QUADS = KV_HEADS * QUARTER; // quads of one side of a layer
const TILES = (QUADS + 1u) / 2u;

// A quad rotated by the angles of channels 2j and 2j + 1, or back with sign -1. `turn` holds cosine and sine
// of each of the two angles.
fn turned(x: vec4f, turn: vec4f, sign: f32) -> vec4f {
  let sines = sign * turn.yw;
  return vec4f(x.xy * turn.xz - x.zw * sines, x.zw * turn.xz + x.xy * sines);
}

// A quad's first word among the rows. The word of its partners is QUARTER further.
fn word_at(row: u32, side: u32, quad: u32) -> u32 {
  return (row * 2u + side) * KV_HEADS * PAIRS + quad / QUARTER * PAIRS + quad % QUARTER;
}

// Eight numbers of a matrix, which are stored as f16, two to a word.
fn eight(words: vec4u) -> mat4x2f {
  return mat4x2f(
    unpack2x16float(words.x),
    unpack2x16float(words.y),
    unpack2x16float(words.z),
    unpack2x16float(words.w),
  );
}
