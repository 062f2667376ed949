// Look up the embeddings of the step's tokens: x[t] = weights[token_ids[t]].
//
// weights   [vocab, hidden], in one of the weight formats
// token_ids [tokens] u32
// x         [tokens, hidden] f32
//
// One invocation copies eight channels of one token.

struct Params { rows: u32, columns: u32 }
struct Step { position: u32, tokens: u32 }

@group(0) @binding(1) var<storage, read> token_ids: array<u32>;
@group(0) @binding(2) var<storage, read_write> x: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;
@group(0) @binding(4) var<uniform> step: Step;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let octets = params.columns / 8u;
  if (id.x >= step.tokens * octets) { return; }
  let row = min(token_ids[id.x / octets], params.rows - 1u);
  let values = weights8(row, id.x % octets);
  x[2u * id.x] = values[0];
  x[2u * id.x + 1u] = values[1];
}
