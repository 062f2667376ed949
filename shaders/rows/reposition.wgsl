// Move rows of one layer's KV cache to lower positions, in place, as if their tokens had always stood there.
// Keys are rotated by the difference of the positions: R(to - from) R(from) = R(to) (RoPE, half-split;
// arXiv:2104.09864). Values are copied bit for bit.
//
// rotation [HEAD_DIM / 2] vec2f: cosine and sine of (to - from) * frequency
// cache    [context, 2, KV_HEADS, HEAD_DIM] f16, two to a word: keys, then values, of a position
//
// Source and destination may overlap. With gap = from - to, row i is written where row i - gap was read. So
// only rows that are a multiple of the gap apart share a place. One invocation takes every gap-th row, lowest
// first, of channels 2j, 2j + 1 and their RoPE partners HEAD_DIM / 2 further, of one head. Whatever it
// overwrites it has read itself, and no other invocation touches it. HEAD_DIM % 4 == 0.

// `start` is the position of the first row before the move (`from` is a reserved word).
struct Shift { start: u32, to: u32, tokens: u32 }

@group(0) @binding(0) var<storage, read> rotation: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> cache: array<u32>;
@group(0) @binding(2) var<uniform> shift: Shift;

const ROW_HEADS = 2u * KV_HEADS;
const PAIRS = HEAD_DIM / 2u;
const QUARTER = HEAD_DIM / 4u;
const ROW_WORDS = ROW_HEADS * PAIRS;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let gap = shift.start - shift.to;
  let j = id.x % QUARTER;
  let head = id.x / QUARTER % ROW_HEADS;
  let first = id.x / QUARTER / ROW_HEADS;
  if (first >= gap) { return; }

  let turn = rotation[j]; // cos, sin of 2j; cos, sin of 2j + 1
  for (var row = first; row < shift.tokens; row += gap) {
    let source = (shift.start + row) * ROW_WORDS + head * PAIRS + j;
    let place = source - gap * ROW_WORDS;
    let low = cache[source];
    let high = cache[source + QUARTER];
    if (head < KV_HEADS) {
      let a = unpack2x16float(low);
      let b = unpack2x16float(high);
      cache[place] = pack2x16float(a * turn.xz - b * turn.yw);
      cache[place + QUARTER] = pack2x16float(b * turn.xz + a * turn.yw);
    } else {
      cache[place] = low;
      cache[place + QUARTER] = high;
    }
  }
}
