// Merge the rows of two layers, `keep` and `share`, on the sphere. A vector is a token's keys or values of
// one head. Two vectors u and v with directions u' = u / |u| and v' = v / |v| become:
//   the direction halfway along the arc, (u' + v') / |u' + v'| (SLERP at 1/2, Shoemake 1985),
//   both magnitudes |u| and |v|, and
//   the divergence |u' - v'|^2, which grows with the angle between the two.
// merged-layout.wgsl says what the results look like.
//
// keep, share [context, 2, KV_HEADS, HEAD_DIM] f16, two to a word
// directions  [tokens, 2, KV_HEADS, HEAD_DIM] f16, two to a word
// magnitudes  [tokens, 2, KV_HEADS] f16 of both layers
// divergence  [tokens, 2, KV_HEADS] f32, 0 to 4
//
// Between opposite directions every arc is as short as any other. There u' is taken, which is exact for
// one of the two layers. A zero vector has no direction: the other vector's is taken, and the divergence
// is 0. One invocation merges one vector, which it reads three times because registers cannot hold it.

@group(0) @binding(0) var<storage, read> keep: array<vec2u>;
@group(0) @binding(1) var<storage, read> share: array<vec2u>;
@group(0) @binding(2) var<storage, read_write> directions: array<vec2u>;
@group(0) @binding(3) var<storage, read_write> magnitudes: array<u32>;
@group(0) @binding(4) var<storage, read_write> divergence: array<f32>;
@group(0) @binding(5) var<uniform> run: Run;

// Directions count as opposite if |u' + v'|^2 is below this: f32's error in the sum would then be as large
// as the rounding of the result to f16.
const OPPOSITE = 1e-6;
// Directions count as the same if |u' - v'|^2 is below this: f32 cannot tell it from 0.
const SAME = 0x1p-40;

fn numbers(words: vec2u) -> vec4f {
  return vec4f(unpack2x16float(words.x), unpack2x16float(words.y));
}

fn pack(x: vec4f) -> vec2u {
  return vec2u(half_bits(x.x) | (half_bits(x.y) << 16u), half_bits(x.z) | (half_bits(x.w) << 16u));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let vector = id.x;
  if (vector >= run.tokens * VECTORS) { return; }
  let first = vector * VECTOR_QUADS;
  let cached = run.start * ROW_QUADS + first;

  var squares = vec2f();
  for (var i = 0u; i < VECTOR_QUADS; i++) {
    let u = numbers(keep[cached + i]);
    let v = numbers(share[cached + i]);
    squares += vec2f(dot(u, u), dot(v, v));
  }
  let inverse = select(inverseSqrt(squares), vec2f(), squares == vec2f());
  let lengths = squares * inverse;
  magnitudes[vector] = half_bits(lengths.x) | (half_bits(lengths.y) << 16u);

  var together = 0.0;
  var apart = 0.0;
  for (var i = 0u; i < VECTOR_QUADS; i++) {
    let u = numbers(keep[cached + i]) * inverse.x;
    let v = numbers(share[cached + i]) * inverse.y;
    together += dot(u + v, u + v);
    apart += dot(u - v, u - v);
  }
  let diverges = all(squares > vec2f()) && apart >= SAME;
  divergence[vector] = select(0.0, apart, diverges);

  let halfway = inverse * inverseSqrt(max(together, OPPOSITE));
  let weights = select(halfway, vec2f(inverse.x, 0.0), together < OPPOSITE);
  for (var i = 0u; i < VECTOR_QUADS; i++) {
    let u = numbers(keep[cached + i]);
    let v = numbers(share[cached + i]);
    directions[first + i] = pack(u * weights.x + v * weights.y);
  }
}
