// The greedy choice: token = the index of the largest of logits[0 .. count], the lowest on a tie.
//
// logits [vocab] f32
// token  [1] u32
//
// One workgroup of 256 invocations. `count` leaves out the padding of the vocabulary.

struct Params { count: u32 }

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read_write> token: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

const WIDTH = 256u;
var<workgroup> best: array<f32, WIDTH>;
var<workgroup> at: array<u32, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(local_invocation_index) index: u32) {
  var largest = -3.4e38;
  var place = 0xffffffffu;
  for (var i = index; i < params.count; i += WIDTH) {
    if (logits[i] > largest) { largest = logits[i]; place = i; }
  }
  best[index] = largest;
  at[index] = place;
  workgroupBarrier();
  for (var width = WIDTH / 2u; width > 0u; width /= 2u) {
    if (index < width) {
      let other = index + width;
      if (best[other] > best[index] || (best[other] == best[index] && at[other] < at[index])) {
        best[index] = best[other];
        at[index] = at[other];
      }
    }
    workgroupBarrier();
  }
  if (index == 0u) { token[0] = at[0]; }
}
