// Add a step's sampled attention rows to the sums that say how alike layers attend (Krul,
// arXiv:2507.08045):
//   G[i][j] += A_i . A_j   A_i: layer i's weights of the row, all groups as one vector
//   E[i]    += mass of A_i on the first and last tenth (rounded up) of the positions that the row sees
//
// weights [LAYERS, ROWS, GROUPS, SLICES * SLICE] f32; SLICE_QUADS = SLICE / 4
// sums    [LAYERS * LAYERS + LAYERS, 2] u32: G, of which only i <= j is written, then E
//
// A sum is a 64-bit whole number of units of 2^-40, its low word first. Whole numbers add up exactly and in
// any order, however many rows there are, even where a compiler reorders floating-point operations. A term
// is below GROUPS, so there is room for 2^24 / GROUPS rows. What a term has below 2^-40 is cut off.
//
// LANES invocations compute a tile of 4 by 4 pairs of layers together (sum_lanes), for the sampled row
// id.y. They take quads of positions in turns. Tiles below the diagonal are left out.

struct Step { position: u32, tokens: u32 }
struct Sample { first: u32, stride: u32, rows: u32 }

@group(0) @binding(0) var<storage, read> weights: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> sums: array<atomic<u32>>;
@group(0) @binding(2) var<uniform> step: Step;
@group(0) @binding(3) var<uniform> sample: Sample;

const TILES = (LAYERS + 3u) / 4u;
const ROW_QUADS = SLICES * SLICE_QUADS;

fn add(cell: u32, value: f32) {
  let scaled = value * 0x1p8;
  let whole = floor(scaled);
  let fraction = u32((scaled - whole) * 0x1p32);
  let before = atomicAdd(&sums[2u * cell], fraction);
  let carry = select(0u, 1u, before + fraction < before);
  atomicAdd(&sums[2u * cell + 1u], u32(whole) + carry);
}

// First quad of a layer's weights of a row and group. A layer past the end is replaced by the last one.
fn row_start(layer: u32, row: u32, group: u32) -> u32 {
  return ((min(layer, LAYERS - 1u) * ROWS + row) * GROUPS + group) * ROW_QUADS;
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let wanted = workgroup.x * (WORKGROUP / LANES) + index / LANES;
  let lane = index % LANES;
  let row = workgroup.y;
  // Invocations past the end compute the last tile once more, because sum_lanes needs all of them.
  var column = min(wanted, TILES * (TILES + 1u) / 2u - 1u);
  var tile_row = 0u;
  while (column >= TILES - tile_row) { column -= TILES - tile_row; tile_row++; }
  let top = 4u * tile_row;
  let left = 4u * (tile_row + column);

  let seen = step.position + sample.first + row * sample.stride + 1u;
  let tenth = (seen + 9u) / 10u;
  var gram: array<vec4f, 4>; // [i of the tile] over j
  var edge: vec4f;
  for (var group = 0u; group < GROUPS; group++) {
    let b = vec4u(
      row_start(left, row, group),
      row_start(left + 1u, row, group),
      row_start(left + 2u, row, group),
      row_start(left + 3u, row, group),
    );
    for (var quad = lane; quad < (seen + 3u) / 4u; quad += LANES) {
      let at_edge = edge_of(4u * quad, tenth, seen);
      let columns = mat4x4f(
        weights[b.x + quad], weights[b.y + quad], weights[b.z + quad], weights[b.w + quad],
      );
      // unroll
      for (var i = 0u; i < 4u; i++) {
        gram[i] += weights[row_start(top + i, row, group) + quad] * columns;
      }
      edge += at_edge * columns;
    }
  }
  // unroll
  for (var i = 0u; i < 4u; i++) { gram[i] = sum_lanes(gram[i], index); }
  edge = sum_lanes(edge, index);

  if (lane > 0u || wanted >= TILES * (TILES + 1u) / 2u) { return; }
  for (var j = left; j < min(left + 4u, LAYERS); j++) {
    for (var i = top; i < min(top + 4u, j + 1u); i++) { add(i * LAYERS + j, gram[i - top][j - left]); }
    if (top == left) { add(LAYERS * LAYERS + j, edge[j - left]); }
  }
}

// For each of four positions: 1 if it lies in the first or last tenth, else 0.
fn edge_of(position: u32, tenth: u32, seen: u32) -> vec4f {
  let positions = vec4u(position) + vec4u(0u, 1u, 2u, 3u);
  let early = positions < vec4u(tenth);
  let late = positions + vec4u(tenth) >= vec4u(seen);
  return select(vec4f(), vec4f(1.0), early | late);
}
