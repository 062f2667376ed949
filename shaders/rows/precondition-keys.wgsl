// Precondition keys of the cache, so that they can be quantised with less error, or undo it (INVERSE).
// Forward: UNROPE undoes RoPE, so that a key no longer depends on its position (half-split; arXiv:2104.09864).
// Then HADAMARD multiplies each block of a head by the Walsh-Hadamard matrix,
//   H[c][d] = (-1)^popcount(c & d) / sqrt(BLOCK),
// which spreads outlier channels over all channels of the block (QuaRot, arXiv:2404.00456). BLOCK is the largest
// power of two that divides HEAD_DIM. A block is BLOCK / 2 consecutive channels and their RoPE partners
// HEAD_DIM / 2 further, so that a head of a power of two is one block. INVERSE multiplies by H, which is its own
// inverse, and then applies RoPE.
//
// rotation [context, HEAD_DIM / 2] vec2f: cosine and sine of position * frequency
// cache    [context, 2, KV_HEADS, HEAD_DIM] f16, two to a word: keys, then values, of a position
// keys     [tokens, KV_HEADS, HEAD_DIM] f32, preconditioned keys; written, or with INVERSE read
//
// A quad is channels 2j, 2j + 1 and their RoPE partners HEAD_DIM / 2 further, of one head of one token. It takes
// two words of the cache. One invocation computes one quad, or with HADAMARD four consecutive quads, so that it
// reads its block once for sixteen sums. Its neighbours read the same head. HEAD_DIM % 4 == 0. With HADAMARD,
// BLOCK is at least 16. INVERSE leaves the first `skip` tokens of the run as they are in the cache.

struct Run { start: u32, tokens: u32, skip: u32 }

@group(0) @binding(0) var<storage, read> rotation: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> cache: array<u32>;
@group(0) @binding(2) var<storage, read_write> keys: array<vec2f>;
@group(0) @binding(3) var<uniform> run: Run;

const PAIRS = HEAD_DIM / 2u;
const QUARTER = HEAD_DIM / 4u;
const QUADS = select(1u, 4u, HADAMARD); // of an invocation
const BLOCK = HEAD_DIM & (~HEAD_DIM + 1u);
const BLOCK_QUADS = BLOCK / 4u;

fn turned(x: vec4f, token: u32, j: u32, sign: f32) -> vec4f {
  let turn = rotation[(run.start + token) * QUARTER + j]; // cos, sin of 2j; cos, sin of 2j + 1
  let sines = sign * turn.yw;
  return vec4f(x.xy * turn.xz - x.zw * sines, x.zw * turn.xz + x.xy * sines);
}

fn key_at(token: u32, head: u32, j: u32) -> u32 {
  return (token * KV_HEADS + head) * PAIRS + j;
}

fn word_at(token: u32, head: u32, j: u32) -> u32 {
  return ((run.start + token) * 2u * KV_HEADS + head) * PAIRS + j;
}

fn load(token: u32, head: u32, j: u32) -> vec4f {
  if (INVERSE) {
    let at = key_at(token, head, j);
    return vec4f(keys[at], keys[at + QUARTER]);
  }
  let at = word_at(token, head, j);
  let x = vec4f(unpack2x16float(cache[at]), unpack2x16float(cache[at + QUARTER]));
  if (UNROPE) { return turned(x, token, j, -1.0); }
  return x;
}

fn store(token: u32, head: u32, j: u32, x: vec4f) {
  if (!INVERSE) {
    let at = key_at(token, head, j);
    keys[at] = x.xy;
    keys[at + QUARTER] = x.zw;
    return;
  }
  var y = x;
  if (UNROPE) { y = turned(x, token, j, 1.0); }
  let at = word_at(token, head, j);
  cache[at] = half_bits(y.x) | (half_bits(y.y) << 16u);
  cache[at + QUARTER] = half_bits(y.z) | (half_bits(y.w) << 16u);
}

// Multiply a quad by the factor of H that belongs to the lowest and the highest bit of a channel's number.
fn mixed(x: vec4f) -> vec4f {
  let sum = (x.xy + x.zw) * inverseSqrt(f32(BLOCK));
  let difference = (x.xy - x.zw) * inverseSqrt(f32(BLOCK));
  return vec4f(sum.x + sum.y, sum.x - sum.y, difference.x + difference.y, difference.x - difference.y);
}

// Store quads j to j + 3 of the product of H and their block. H is a product of one factor for each bit of a
// channel's number in the block, in any order. The loop applies the factors of j's bits except the lowest two, the sums after it those
// of these two, and `mixed` those of the bits within a quad.
fn hadamard(token: u32, head: u32, j: u32) {
  let first = j / BLOCK_QUADS * BLOCK_QUADS;
  var sums = array<vec4f, 4>();
  for (var k = 0u; k < BLOCK_QUADS; k += 4u) {
    let sign = select(1.0, -1.0, (countOneBits(j & k) & 1u) == 1u);
    // unroll
    for (var i = 0u; i < 4u; i++) {
      sums[i] += sign * load(token, head, first + k + i);
    }
  }
  let a = sums[0] + sums[1];
  let b = sums[0] - sums[1];
  let c = sums[2] + sums[3];
  let d = sums[2] - sums[3];
  store(token, head, j, mixed(a + c));
  store(token, head, j + 1u, mixed(b + d));
  store(token, head, j + 2u, mixed(a - c));
  store(token, head, j + 3u, mixed(b - d));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let j = id.x % (QUARTER / QUADS) * QUADS;
  let head = id.x / (QUARTER / QUADS) % KV_HEADS;
  let token = id.x / (QUARTER / QUADS) / KV_HEADS;
  if (token >= run.tokens || (INVERSE && token < run.skip)) { return; }
  if (HADAMARD) { hadamard(token, head, j); } else { store(token, head, j, load(token, head, j)); }
}
