// Quantise rows of one layer of the KV cache:
//   code = clamp(round((x - minimum) / scale), 0, MAX_CODE), scale = (maximum - minimum) / MAX_CODE
// Minimum and maximum are those of the number's group. Minimum and scale are rounded to f16, and the scale is
// 0 if all numbers of the group are equal. coded-layout.wgsl says what groups are and where codes lie.
//
// cache [context, 2, KV_HEADS, HEAD_DIM] f16, two to a word: keys, then values, of a position
// keys  [tokens, KV_HEADS, HEAD_DIM] f32: if PRECONDITIONED, these keys are quantised instead of the cache's
// coded words of the run
//
// The keys of the first `skip` tokens get codes, but do not count for their group's minimum and scale. One
// invocation codes a group of keys in two channels that share a word, or a group of values. It reads its
// group twice, because registers cannot hold it.

@group(0) @binding(0) var<storage, read> cache: array<u32>;
@group(0) @binding(1) var<storage, read> keys: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> coded: array<u32>;
@group(0) @binding(3) var<uniform> run: Run;

const LARGEST = 0x1.fffffep127;

fn key_pair(token: u32, pair: u32) -> vec2f {
  if (PRECONDITIONED) { return keys[token * PAIRS + pair]; }
  return unpack2x16float(cache[(run.start + token) * 2u * PAIRS + pair]);
}

fn value_pair(token: u32, pair: u32) -> vec2f {
  return unpack2x16float(cache[((run.start + token) * 2u + 1u) * PAIRS + pair]);
}

fn scale_word(low: f32, high: f32) -> u32 {
  if (low > high) { return 0u; } // every token of the group is skipped
  let minimum = half_bits(low);
  let range = max(high - half_value(minimum), 0.0);
  return half_bits(range * (1.0 / f32(MAX_CODE))) | (minimum << 16u);
}

fn inverse_scale(word: u32) -> f32 {
  let scale = half_value(word);
  return select(1.0 / scale, 0.0, scale == 0.0);
}

fn codes(x: vec2f, minimum: vec2f, inverse: vec2f) -> vec2u {
  return vec2u(clamp(round((x - minimum) * inverse), vec2f(), vec2f(f32(MAX_CODE))));
}

fn quantize_keys(group: u32, pair: u32) {
  let first = group * GROUP;
  let end = min(first + GROUP, run.tokens);
  var low = vec2f(LARGEST);
  var high = vec2f(-LARGEST);
  for (var token = max(first, run.skip); token < end; token++) {
    let x = key_pair(token, pair);
    low = min(low, x);
    high = max(high, x);
  }
  let words = vec2u(scale_word(low.x, high.x), scale_word(low.y, high.y));
  let scales_at = sections(run.tokens).key_scales + group * CHANNELS + 2u * pair;
  coded[scales_at] = words.x;
  coded[scales_at + 1u] = words.y;

  let minimum = vec2f(half_value(words.x >> 16u), half_value(words.y >> 16u));
  let inverse = vec2f(inverse_scale(words.x), inverse_scale(words.y));
  var at = first / BLOCK * BITS * CHANNELS + 2u * pair;
  var word = vec2u();
  var filled = 0u;
  let padded = (end + BLOCK - 1u) / BLOCK * BLOCK;
  for (var token = first; token < padded; token++) {
    var code = vec2u();
    if (token < end) { code = codes(key_pair(token, pair), minimum, inverse); }
    word |= code << vec2u(filled);
    filled += BITS;
    if (filled >= 32u) {
      coded[at] = word.x;
      coded[at + 1u] = word.y;
      at += CHANNELS;
      filled -= 32u;
      word = code >> vec2u(BITS - filled); // the bits that did not fit into the last word
    }
  }
}

fn quantize_values(group: u32, token: u32) {
  let first = group * GROUP / 2u;
  let end = min(first + GROUP / 2u, PAIRS);
  var low = LARGEST;
  var high = -LARGEST;
  for (var pair = first; pair < end; pair++) {
    let x = value_pair(token, pair);
    low = min(low, min(x.x, x.y));
    high = max(high, max(x.x, x.y));
  }
  let scale = scale_word(low, high);
  let start = sections(run.tokens);
  coded[start.value_scales + token * VALUE_GROUPS + group] = scale;

  let minimum = vec2f(half_value(scale >> 16u));
  let inverse = vec2f(inverse_scale(scale));
  var at = start.value_codes + (token * VALUE_BLOCKS + 2u * first / BLOCK) * BITS;
  var word = 0u;
  var filled = 0u;
  let padded = (2u * end + BLOCK - 1u) / BLOCK * BLOCK / 2u;
  for (var pair = first; pair < padded; pair++) {
    var code = vec2u();
    if (pair < end) { code = codes(value_pair(token, pair), minimum, inverse); }
    let two = code.x | (code.y << BITS);
    word |= two << filled;
    filled += 2u * BITS;
    if (filled >= 32u) {
      coded[at] = word;
      at++;
      filled -= 32u;
      word = two >> (2u * BITS - filled);
    }
  }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let key_work = (run.tokens + GROUP - 1u) / GROUP * PAIRS;
  if (id.x < key_work) {
    quantize_keys(id.x / PAIRS, id.x % PAIRS);
  } else if (id.x - key_work < run.tokens * VALUE_GROUPS) {
    quantize_values((id.x - key_work) % VALUE_GROUPS, (id.x - key_work) / VALUE_GROUPS);
  }
}
