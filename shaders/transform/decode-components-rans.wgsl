// Decode the streams of a block of quantised components. They are coded by rANS (asymmetric numeral systems,
// arXiv:1311.2540; interleaved, arXiv:1402.3392) with 32 lanes, states in [2^16, 2^32), 12-bit frequencies and
// 16-bit words.
//
// block  the stored words; the 16-bit words of a stream follow one another, the lower half of a 32-bit word
//        first
// params number of tokens; then the places in `params` where states, classes and escapes begin;
//        for each stream: first and last (exclusive) live component, first and last (exclusive) 16-bit word,
//        number of steps that refill, first and last (exclusive) escape, one unused word;
//        states [streams, 32]; classes [live]; escapes [escapes, 2]: place in `codes`, value
// tables [class - 1, 4096]: for each slot 12 bits of frequency - 1, 12 bits of its place, 8 bits of symbol
// codes  [live, tokens] f32, integers
//
// One workgroup decodes one stream, and one invocation is one lane: it decodes tokens lane, lane + 32, ... of
// one component after the other. In a step each lane takes one code off its state s:
//   slot = s % 4096;  s' = frequency * (s / 4096) + place;  if s' < 2^16 it becomes s' * 2^16 + the next word
// Lanes that need a word take them in the order of lanes. s' is below 2^32 for any s. Words past the end of
// the stream read as 0. So damaged blocks decode to some codes, and never read outside their stream.

@group(0) @binding(0) var<storage, read> block: array<u32>;
@group(0) @binding(1) var<storage, read> params: array<u32>;
@group(0) @binding(2) var<storage, read> tables: array<u32>;
@group(0) @binding(3) var<storage, read_write> codes: array<f32>;

const SLOT_MASK = (1u << PRECISION_BITS) - 1u;

// Bit i of a mask says that lane i needs a word in this step. Step t uses mask t % 3. After the barrier of step
// t a slow lane may still read mask t while a fast one sets bits of mask t + 1, which must be empty by then.
// That mask is cleared in step t, before the barrier. It was last read in step t - 2, before the barrier of
// step t - 1.
var<workgroup> needing: array<atomic<u32>, 3>;

fn word_at(i: u32, end: u32) -> u32 {
  // `end` is never 0, because there is a header before the words.
  let at = min(i, end - 1u);
  return select(0u, (block[at / 2u] >> (at % 2u * 16u)) & 0xffffu, i < end);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tokens = params[0];
  let stream = HEADER + group.x * STREAM_PARAMS;
  let end_live = params[stream + 1u];
  let end_word = params[stream + 3u];
  let refills = params[stream + 4u];
  let lanes_before = (1u << lane) - 1u;

  var state = params[params[1] + group.x * LANES + lane];
  var pointer = params[stream + 2u];
  var step = 0u;
  var phase = 0u;
  for (var live = params[stream]; live < end_live; live++) {
    let table = (params[params[2] + live] - 1u) << PRECISION_BITS;
    for (var token = 0u; token < tokens; token += LANES) {
      let slot = tables[table + (state & SLOT_MASK)];
      codes[live * tokens + token + lane] = f32(bitcast<i32>(slot) >> 24u);
      state = ((slot & SLOT_MASK) + 1u) * (state >> PRECISION_BITS)
        + ((slot >> PRECISION_BITS) & SLOT_MASK);
      if (step < refills) {
        let following = select(phase + 1u, 0u, phase == 2u);
        let needs = state < 65536u;
        if (lane == 0u) { atomicStore(&needing[following], 0u); }
        if (needs) { atomicOr(&needing[phase], 1u << lane); }
        workgroupBarrier();
        let mask = atomicLoad(&needing[phase]);
        if (needs) {
          state = (state << 16u) | word_at(pointer + countOneBits(mask & lanes_before), end_word);
        }
        pointer += countOneBits(mask);
        phase = following;
      }
      step++;
    }
  }

  // An escape replaces a code that another lane may have written.
  storageBarrier();
  let end_escape = params[stream + 6u];
  for (var i = params[stream + 5u] + lane; i < end_escape; i += LANES) {
    let at = params[3] + 2u * i;
    codes[params[at]] = f32(bitcast<i32>(params[at + 1u]));
  }
}
