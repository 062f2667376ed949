// Layout of the merged rows of two layers, `keep` and `share`. It is shared by the kernels that merge rows
// and part them again (MiniCache, arXiv:2405.14366; Krul, arXiv:2507.08045).
//
// For each token, side (keys or values) and head, the merged layers have one direction in common and a
// magnitude each. The rows of some tokens are kept for both layers as they are. A run of T tokens, of which
// K are kept, consists of:
//
//   directions  [T, 2, KV_HEADS, HEAD_DIM] f16, two to a word, as rows of the cache are; vectors of length
//               1 or 0
//   magnitudes  [T, 2, KV_HEADS] words: f16 of `keep` in the lower half, of `share` in the upper half
//   kept tokens [K] u32, counted from the run's first token, ascending
//   kept rows   [2, K, 2, KV_HEADS, HEAD_DIM] f16, two to a word: all of `keep`, then all of `share`
//
// Kept tokens have directions and magnitudes too, which keeps places simple. They are not read.

struct Run { start: u32, tokens: u32, skip: u32, kept: u32 }

// Vectors of a token: its keys and its values, one of each head.
const VECTORS = 2u * KV_HEADS;
// A quad is four numbers in two words, which are read at once. HEAD_DIM % 4 == 0.
const VECTOR_QUADS = HEAD_DIM / 4u;
const ROW_QUADS = VECTORS * VECTOR_QUADS;
