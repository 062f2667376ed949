import { address, word } from "./words";

/**
 * First part of reconstructing rows: for each token the live components whose code is not 0, in ascending order, K's
 * first. Most codes are 0, and a product leaves these out.
 *
 * An item is four tokens. Words: addresses of codes, counts and lists; tokens; live components of K, and of both sides;
 * bytes of a component's weights.
 *
 * codes  [live, tokens] f32
 * counts [tokens, 2] u32: components in the token's list of K, and of V
 * lists  [tokens, live, 2]: where a component's weights are among those of its side, in bytes; its code in f32.
 *        V's entries begin after as many as there are live components of K
 */
export function listCodes(args: usize, start: i32, end: i32, scratch: usize): void {
  const codes = address(args, 0);
  const counts = address(args, 1);
  const lists = address(args, 2);
  const tokens = word(args, 3);
  const liveKeys = word(args, 4);
  const live = word(args, 5);
  const stride = word(args, 6);
  for (let four = start; four < end; four++) {
    const from = codes + ((<usize>four) << 4);
    const count = counts + ((<usize>four) << 5);
    const list = lists + <usize>(four * 4 * live * 8);
    listSide(from, tokens, liveKeys, live, stride, list, count);
    const valueCodes = from + <usize>(liveKeys * tokens * 4);
    const valueLists = list + <usize>(liveKeys * 8);
    listSide(valueCodes, tokens, live - liveKeys, live, stride, valueLists, count + 4);
  }
}

/** Lists one side of four tokens. @param live entries between the lists of tokens */
function listSide(
  codes: usize,
  tokens: i32,
  components: i32,
  live: i32,
  stride: i32,
  lists: usize,
  counts: usize,
): void {
  const apart = <usize>(live * 8);
  const rowBytes = <usize>(tokens * 4);
  let to0 = lists;
  let to1 = lists + apart;
  let to2 = lists + 2 * apart;
  let to3 = lists + 3 * apart;
  let place: u64 = 0;
  for (let i = 0; i < components; i++) {
    if (v128.any_true(v128.load(codes))) {
      const c0 = load<u32>(codes);
      const c1 = load<u32>(codes, 4);
      const c2 = load<u32>(codes, 8);
      const c3 = load<u32>(codes, 12);
      // An entry for a 0 is overwritten by the next.
      if (c0 != 0) {
        store<u64>(to0, ((<u64>c0) << 32) | place);
        to0 += 8;
      }
      if (c1 != 0) {
        store<u64>(to1, ((<u64>c1) << 32) | place);
        to1 += 8;
      }
      if (c2 != 0) {
        store<u64>(to2, ((<u64>c2) << 32) | place);
        to2 += 8;
      }
      if (c3 != 0) {
        store<u64>(to3, ((<u64>c3) << 32) | place);
        to3 += 8;
      }
    }
    codes += rowBytes;
    place += stride;
  }
  store<u32>(counts, <u32>((to0 - lists) >> 3));
  store<u32>(counts, <u32>((to1 - lists - apart) >> 3), 8);
  store<u32>(counts, <u32>((to2 - lists - 2 * apart) >> 3), 16);
  store<u32>(counts, <u32>((to3 - lists - 3 * apart) >> 3), 24);
}
