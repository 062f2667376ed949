// Take a run of one layer's rows out of the cache, as numbers that a group of layers is learned from: keys
// turned back to position 0 (RoPE, half-split; arXiv:2104.09864), keys and values less a reference, and
// what they add up to. With `first`, the reference becomes the mean of this run.
//
// rotation [context, HEAD_DIM / 2] vec2f: cosine and sine of position * frequency
// cache    [context, 2, KV_HEADS, HEAD_DIM] f16, two to a word: keys, then values, of a position
// keys     [RUN, channels] f32, of all the group's layers; rows past the run's tokens become 0
// values   the same
// moments  [2, 2, channels] f32: of keys, then values, the reference and the sum of x less it
//
// One invocation takes a quad of channels, 2j, 2j + 1 and their partners HEAD_DIM / 2 further, of one head
// of keys or values, through all tokens; neighbours read neighbouring words. HEAD_DIM % 4 == 0.

struct Run { start: u32, tokens: u32, first: u32 }
// Where the layer's channels begin among the group's, and how many those are.
struct Place { channel: u32, channels: u32 }

@group(0) @binding(0) var<storage, read> rotation: array<vec4f>;
@group(0) @binding(1) var<storage, read> cache: array<u32>;
@group(0) @binding(2) var<storage, read_write> keys: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> values: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> moments: array<vec2f>;
@group(0) @binding(5) var<uniform> run: Run;
@group(0) @binding(6) var<uniform> place: Place;

const PAIRS = HEAD_DIM / 2u;
const QUARTER = HEAD_DIM / 4u;

fn load(token: u32, head: u32, j: u32) -> vec4f {
  let position = run.start + token;
  let at = (position * 2u * KV_HEADS + head) * PAIRS + j;
  let x = vec4f(unpack2x16float(cache[at]), unpack2x16float(cache[at + QUARTER]));
  if (head >= KV_HEADS) { return x; }
  let turn = rotation[position * QUARTER + j]; // cos, sin of 2j; cos, sin of 2j + 1
  return vec4f(x.xy * turn.xz + x.zw * turn.yw, x.zw * turn.xz - x.xy * turn.yw);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let j = id.x % QUARTER;
  let head = id.x / QUARTER; // of keys, then of values
  if (head >= 2u * KV_HEADS) { return; }
  let is_value = head >= KV_HEADS;
  let width = place.channels / 2u;
  let column = place.channel / 2u + head % KV_HEADS * PAIRS + j;
  let at = select(0u, 2u * width, is_value) + column;

  if (run.first == 1u) {
    var mean: vec4f;
    for (var token = 0u; token < run.tokens; token++) { mean += load(token, head, j); }
    mean /= f32(run.tokens);
    moments[at] = mean.xy;
    moments[at + QUARTER] = mean.zw;
  }
  let reference = vec4f(moments[at], moments[at + QUARTER]);
  var sum: vec4f;
  for (var token = 0u; token < RUN; token++) {
    var x = vec4f();
    if (token < run.tokens) { x = load(token, head, j) - reference; }
    sum += x;
    let to = token * width + column;
    if (is_value) {
      values[to] = x.xy;
      values[to + QUARTER] = x.zw;
    } else {
      keys[to] = x.xy;
      keys[to + QUARTER] = x.zw;
    }
  }
  moments[at + width] += sum.xy;
  moments[at + width + QUARTER] += sum.zw;
}
