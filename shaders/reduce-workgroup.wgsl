// Add up a value over LANES neighbouring invocations through workgroup memory. LANES is a power of two
// that divides WORKGROUP. Every invocation of the workgroup has to call the function.

var<workgroup> partial: array<vec4f, WORKGROUP>;

fn sum_lanes(value: vec4f, index: u32) -> vec4f {
  partial[index] = value;
  workgroupBarrier();
  for (var width = LANES / 2u; width > 0u; width /= 2u) {
    if (index % LANES < width) { partial[index] += partial[index + width]; }
    workgroupBarrier();
  }
  let sum = partial[index / LANES * LANES];
  workgroupBarrier();
  return sum;
}
