// Add up a value over LANES neighbouring invocations through subgroup shuffles. LANES is a power of two
// and at most the smallest subgroup, so a group of lanes never spans two subgroups.

fn sum_lanes(value: vec4f, index: u32) -> vec4f {
  var sum = value;
  for (var mask = LANES / 2u; mask > 0u; mask /= 2u) { sum += subgroupShuffleXor(sum, mask); }
  return sum;
}
