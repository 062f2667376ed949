// Statistics of a run of one layer's rows: each number x of the rows becomes x - reference, and
//   sum[channel] += x - reference
// Keys are first rotated back to position 0 (RoPE undone, half-split; arXiv:2104.09864). The numbers less
// their reference are what accumulate-sketch-tiled.wgsl computes the covariance of a group of layers from.
// A reference near the mean keeps the sums small. With `run.first` it becomes the mean of this run.
//
// rotation [context, HEAD_DIM / 2] vec2f: cosine and sine of position * frequency
// cache    [context, 2, KV_HEADS, HEAD_DIM] f16, two to a word: keys, then values, of a position
// keys     [RUN, channels] f32, x - reference of all layers of the group; rows past the run's tokens are 0
// values   [RUN, channels] f32, the same for values
// moments  [2, 2, channels] f32: for keys, then for values, the reference and the sum
//
// One invocation takes a quad of channels (2j, 2j + 1 and their RoPE partners HEAD_DIM / 2 further) of one
// head of keys or values through all tokens. Neighbours read neighbouring words. HEAD_DIM % 4 == 0.

struct Run { start: u32, tokens: u32, first: u32 }
// First channel of the layer among the channels of the group, and number of channels of the group.
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
  let head = id.x / QUARTER; // heads of keys come first, then those of values
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
