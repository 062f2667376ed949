// The greedy choice: token = the index of the largest of logits[0 .. count], the lowest on a tie. Bindings are
// those of argmax.wgsl. This variant uses one subgroup of LANES invocations and no workgroup memory, for
// software adapters, which compile barriers slowly. LANES is a power of two, at most the smallest subgroup.

struct Params { count: u32 }

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read_write> token: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) index: u32) {
  var largest = -3.4e38;
  var place = 0xffffffffu;
  for (var i = index; i < params.count; i += LANES) {
    if (logits[i] > largest) { largest = logits[i]; place = i; }
  }
  for (var mask = LANES / 2u; mask > 0u; mask /= 2u) {
    let other = subgroupShuffleXor(largest, mask);
    let at = subgroupShuffleXor(place, mask);
    if (other > largest || (other == largest && at < place)) {
      largest = other;
      place = at;
    }
  }
  if (index == 0u) { token[0] = place; }
}
