// Layout of the coded rows of one layer. It is shared by the kernels that code and decode them.
//
// Keys are quantised per channel, in groups of GROUP consecutive tokens of a run. Values are quantised per
// token, in groups of GROUP consecutive channels (KIVI, arXiv:2402.02750). The last group may be shorter. A
// run of T tokens, with C = KV_HEADS * HEAD_DIM, takes these sections of words, one after the other:
//
//   K codes  [ceil(T / 32), BITS, C]  32 tokens of a channel
//   K scales [ceil(T / GROUP), C]
//   V codes  [T, ceil(C / 32), BITS]  32 channels of a token
//   V scales [T, ceil(C / GROUP)]
//
// 32 codes take BITS words. Read as one number, lowest word first, code i is its bits from i * BITS on. Codes
// past the last token or channel are 0. A scale word holds the scale in its lower half and the minimum in its
// upper half, both f16. A number is minimum + code * scale.

struct Run { start: u32, tokens: u32, skip: u32 }
struct Sections { key_scales: u32, value_codes: u32, value_scales: u32 }

const BLOCK = 32u;
const CHANNELS = KV_HEADS * HEAD_DIM;
// Words of a position's keys, and of its values. Word p holds channels 2p and 2p + 1.
const PAIRS = CHANNELS / 2u;
const MAX_CODE = (1u << BITS) - 1u;
const VALUE_BLOCKS = (CHANNELS + BLOCK - 1u) / BLOCK;
const VALUE_GROUPS = (CHANNELS + GROUP - 1u) / GROUP;

fn sections(tokens: u32) -> Sections {
  let key_scales = (tokens + BLOCK - 1u) / BLOCK * BITS * CHANNELS;
  let value_codes = key_scales + (tokens + GROUP - 1u) / GROUP * CHANNELS;
  return Sections(key_scales, value_codes, value_codes + tokens * VALUE_BLOCKS * BITS);
}
