// Decode the rows that quantize-rows.wgsl coded: x = minimum + code * scale, to the nearest f16. The product
// is exact in f32, so all adapters decode the same bits. coded-layout.wgsl says where codes and scales lie.
//
// coded words of the run
// keys  [tokens, KV_HEADS, HEAD_DIM] f32: if PRECONDITIONED, keys are written here instead of into the cache
// cache [context, 2, KV_HEADS, HEAD_DIM] f16, two to a word: keys, then values, of a position
//
// One invocation decodes numbers that share scales: the keys of 16 tokens in two channels that share a word,
// or the values of 16 channels of one token. Which words it reads and writes depends on its number alone,
// never on what it has read, so any words may be decoded. Rows of the first `skip` tokens stay as they are in
// the cache.

@group(0) @binding(0) var<storage, read> coded: array<u32>;
@group(0) @binding(1) var<storage, read_write> keys: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> cache: array<u32>;
@group(0) @binding(3) var<uniform> run: Run;

const SPAN = 16u;
const ROW_SPANS = (CHANNELS + SPAN - 1u) / SPAN;

fn pack(x: vec2f) -> u32 {
  return half_bits(x.x) | (half_bits(x.y) << 16u);
}

fn dequantize_keys(first: u32, pair: u32) {
  let scales_at = sections(run.tokens).key_scales + first / GROUP * CHANNELS + 2u * pair;
  let words = vec2u(coded[scales_at], coded[scales_at + 1u]);
  let scale = vec2f(half_value(words.x), half_value(words.y));
  let minimum = vec2f(half_value(words.x >> 16u), half_value(words.y >> 16u));

  let bit = first % BLOCK * BITS;
  var at = (first / BLOCK * BITS + bit / 32u) * CHANNELS + 2u * pair;
  var bits = vec2u(coded[at], coded[at + 1u]) >> vec2u(bit % 32u);
  var left = 32u - bit % 32u;
  for (var token = first; token < min(first + SPAN, run.tokens); token++) {
    var code = bits;
    if (left < BITS) {
      at += CHANNELS;
      let next = vec2u(coded[at], coded[at + 1u]);
      code |= next << vec2u(left);
      bits = next >> vec2u(BITS - left);
      left += 32u - BITS;
    } else {
      bits >>= vec2u(BITS);
      left -= BITS;
    }
    let x = minimum + vec2f(code & vec2u(MAX_CODE)) * scale;
    if (PRECONDITIONED) {
      keys[token * PAIRS + pair] = x;
    } else if (token >= run.skip) {
      cache[(run.start + token) * 2u * PAIRS + pair] = pack(x);
    }
  }
}

fn dequantize_values(token: u32, first: u32) {
  if (token < run.skip) { return; }
  let start = sections(run.tokens);
  let word = coded[start.value_scales + token * VALUE_GROUPS + first / GROUP];
  let scale = half_value(word);
  let minimum = vec2f(half_value(word >> 16u));

  let bit = first % BLOCK * BITS;
  var at = start.value_codes + (token * VALUE_BLOCKS + first / BLOCK) * BITS + bit / 32u;
  var bits = coded[at] >> (bit % 32u);
  var left = 32u - bit % 32u;
  let row = ((run.start + token) * 2u + 1u) * PAIRS;
  for (var pair = first / 2u; pair < min((first + SPAN) / 2u, PAIRS); pair++) {
    var two = bits;
    if (left < 2u * BITS) {
      at++;
      let next = coded[at];
      two |= next << left;
      bits = next >> (2u * BITS - left);
      left += 32u - 2u * BITS;
    } else {
      bits >>= 2u * BITS;
      left -= 2u * BITS;
    }
    let code = vec2u(two, two >> BITS) & vec2u(MAX_CODE);
    cache[row + pair] = pack(minimum + vec2f(code) * scale);
  }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let key_work = (run.tokens + SPAN - 1u) / SPAN * PAIRS;
  if (id.x < key_work) {
    dequantize_keys(id.x / PAIRS * SPAN, id.x % PAIRS);
  } else if (id.x - key_work < run.tokens * ROW_SPANS) {
    dequantize_values((id.x - key_work) / ROW_SPANS, (id.x - key_work) % ROW_SPANS * SPAN);
  }
}
