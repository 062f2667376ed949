import { address, word } from "./words";

/** Bytes of a component's weights of the 32 channels that an item of the second part reconstructs. */
export const WEIGHT_BYTES: i32 = 128;
/** Beyond every other entry. */
export const LIST_END: u32 = 0xffffffff;

/**
 * First part of reconstructing rows: for each token the live components whose code is not 0, in ascending order, K's
 * first. Most codes are 0, and a product leaves these out.
 *
 * An item is four tokens. Words: addresses of codes and lists; tokens; live components of K, and of both sides.
 *
 * codes [live, tokens] f32
 * lists [tokens, live + 2, 2]: which of its side's live components it is, times `WEIGHT_BYTES`; its code in f32. V's
 *       entries begin after as many as there are live components of K, and one. Each list ends with `LIST_END`
 */
export function listCodes(args: usize, start: i32, end: i32, scratch: usize): void {
  const codes = address(args, 0);
  const lists = address(args, 1);
  const tokens = word(args, 2);
  const liveKeys = word(args, 3);
  const live = word(args, 4);
  const listBytes = <usize>((live + 2) * 8);
  for (let four = start; four < end; four++) {
    const from = codes + ((<usize>four) << 4);
    const list = lists + <usize>(four * 4) * listBytes;
    listSide(from, tokens, liveKeys, list, listBytes);
    const valueCodes = from + <usize>(liveKeys * tokens * 4);
    listSide(valueCodes, tokens, live - liveKeys, list + <usize>((liveKeys + 1) * 8), listBytes);
  }
}

/** Lists one side of four tokens. @param apart bytes between the lists of tokens */
function listSide(codes: usize, tokens: i32, components: i32, lists: usize, apart: usize): void {
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
    place += WEIGHT_BYTES;
  }
  store<u32>(to0, LIST_END);
  store<u32>(to1, LIST_END);
  store<u32>(to2, LIST_END);
  store<u32>(to3, LIST_END);
}
