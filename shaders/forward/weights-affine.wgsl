// A matrix [rows, columns] of codes with a scale and a minimum for each group of GROUP_COLUMNS columns of a row:
// w = scale * code + minimum. Needs weights-codes4.wgsl or weights-codes8.wgsl, whose codes begin the buffer.
//
// Without GROUP_BYTES, behind the codes: [rows, columns / PAIR_COLUMNS] words, each the scale and the minimum of a
// group in f16. PAIR_COLUMNS is GROUP_COLUMNS.
//
// With GROUP_BYTES, behind the codes: [rows, columns / GROUP_COLUMNS] pairs of signed bytes, and then
// [rows, columns / PAIR_COLUMNS] words of two f16. The bytes are the group's scale and minimum in units of these.

// The scale and the minimum of the group that an octet belongs to.
fn group_of(row: u32, octet: u32) -> vec2f {
  let groups = params.columns / GROUP_COLUMNS;
  let group = row * groups + octet / (GROUP_COLUMNS / 8u);
  let scales = params.rows * (params.columns / CODES_OF_WORD);
  if (!GROUP_BYTES) { return unpack2x16float(word_at(scales + group)); }
  let bytes = bitcast<i32>(word_at(scales + group / 2u));
  let shift = 16u * (group % 2u);
  let factors = vec2f(
    f32(extractBits(bytes, shift, 8u)),
    f32(extractBits(bytes, shift + 8u, 8u)),
  );
  let pairs = scales + params.rows * (groups / 2u);
  let pair = row * (params.columns / PAIR_COLUMNS) + octet / (PAIR_COLUMNS / 8u);
  return factors * unpack2x16float(word_at(pairs + pair));
}

// weights[row, 8 * octet .. 8 * octet + 8]; the first four are column 0 of the result.
fn weights8(row: u32, octet: u32) -> mat2x4f {
  let group = group_of(row, octet);
  let codes = raw8(row, octet);
  let scale = CODE_UNITS * group.x;
  return mat2x4f(codes[0] * scale + group.y, codes[1] * scale + group.y);
}

// Weights in units of 1 / CODE_UNITS, for kernels that have read their group. The minimum is added to each weight rather
// than to the sum of a group, because there the rounding of large inputs that cancel each other would remain.
fn codes8(row: u32, octet: u32, group: vec2f) -> mat2x4f {
  let codes = raw8(row, octet);
  let minimum = UNITS_OF_ONE * group.y;
  return mat2x4f(codes[0] * group.x + minimum, codes[1] * group.x + minimum);
}

fn scale_of(group: vec2f) -> f32 { return 1.0; }
