// What merging the rows of two layers, `keep` and `share`, and parting them again have in common. Merged
// they have one direction per token, part and head, and a magnitude each; some tokens are kept for both
// layers as they are (MiniCache, arXiv:2405.14366; Krul, arXiv:2507.08045). Of a run of T tokens, of
// which K are kept:
//
//   directions  [T, 2, KV_HEADS, HEAD_DIM] f16, two to a word, as rows of the cache are; of length 1, or 0
//   magnitudes  [T, 2, KV_HEADS] words: f16 of `keep` in the lower half, of `share` in the upper half
//   kept tokens [K], counted from the run's first, ascending
//   kept rows   [2, K, 2, KV_HEADS, HEAD_DIM] f16, two to a word: all of `keep`, then all of `share`
//
// Kept tokens have directions and magnitudes too, so that nothing moves; nobody reads them.

struct Run { start: u32, tokens: u32, skip: u32, kept: u32 }

// Of a token.
const VECTORS = 2u * KV_HEADS;
// Four numbers in two words, which are read at once. HEAD_DIM % 4 == 0.
const VECTOR_QUADS = HEAD_DIM / 4u;
const ROW_QUADS = VECTORS * VECTOR_QUADS;
