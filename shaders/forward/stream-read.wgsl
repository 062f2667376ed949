// Read every word of a buffer once and do nothing else. Benchmarks use it to find out how fast memory can be
// read. sums[i] = the sum, modulo 2^32, of the words that invocation i read.
//
// data [words / 4] vec4u
// sums [invocations] u32
//
// One invocation reads sixteen vec4u that lie a workgroup apart, so that neighbours read neighbouring ones.

@group(0) @binding(0) var<storage, read> data: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> sums: array<u32>;

const WIDTH = 64u;
const READS = 16u;

@compute @workgroup_size(WIDTH)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let first = group.x * WIDTH * READS + index;
  var sum = vec4u();
  for (var i = 0u; i < READS; i++) {
    let at = first + i * WIDTH;
    if (at < arrayLength(&data)) { sum += data[at]; }
  }
  sums[group.x * WIDTH + index] = sum.x + sum.y + sum.z + sum.w;
}
