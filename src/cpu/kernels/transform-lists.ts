import { address, word } from "./words";

/** Tokens of a window, and live components of a piece. */
export const WINDOW: i32 = 128;
export const PIECE: i32 = 128;
/** Bytes of a component's weights of the 32 channels that an item of the second part reconstructs. */
export const WEIGHT_BYTES: i32 = 128;
/** Ends the list of a token. */
export const LIST_END: u32 = 0xffffffff;
/** Bytes of the room for the lists of a piece. */
export const PIECE_BYTES: i32 = WINDOW * (PIECE + 1) * 8;

const LIST_BYTES: usize = (PIECE + 1) * 8;

/** Pieces of a number of live components. */
export function piecesOf(components: i32): i32 {
  return (components + PIECE - 1) / PIECE;
}

/**
 * First part of reconstructing rows: lists the codes that are not 0. Most are, and a product leaves them out. An item is
 * a piece of the live components of one side for a window of tokens. Items count K's pieces first, then V's, then
 * windows.
 *
 * Words: addresses of codes and lists; tokens and skip of the run; live components of K, and of both sides.
 *
 * codes [live, tokens] f32
 * lists [items, PIECE_BYTES]: for each token of the window one list behind the other. A list has, for each component
 *       whose code is not 0, the component's number in the piece times `WEIGHT_BYTES`, and the code in f32. Skipped tokens
 *       have empty lists
 */
export function listCodes(args: usize, start: i32, end: i32, scratch: usize): void {
  const tokens = word(args, 2);
  const skip = word(args, 3);
  const liveKeys = word(args, 4);
  const live = word(args, 5);
  const keyPieces = piecesOf(liveKeys);
  const pieces = keyPieces + piecesOf(live - liveKeys);
  for (let item = start; item < end; item++) {
    const piece = item % pieces;
    const token = (item / pieces) * WINDOW;
    const ofKeys = piece < keyPieces;
    const first = ofKeys ? piece * PIECE : liveKeys + (piece - keyPieces) * PIECE;
    const components = min(PIECE, (ofKeys ? liveKeys : live) - first);
    let from = address(args, 0) + <usize>((first * tokens + token) * 4);
    let to = address(args, 1) + <usize>item * PIECE_BYTES;
    const window = min(WINDOW, tokens - token);
    for (let four = 0; four < window; four += 4) {
      listFour(from, tokens, components, scratch);
      for (let i = 0; i < 4; i++) {
        if (token + four + i >= skip) to = copyList(scratch + <usize>i * LIST_BYTES, to);
        else to = endList(to);
      }
      from += 16;
    }
  }
}

/** Lists the codes of four tokens: [4, PIECE + 1, 2]. */
function listFour(codes: usize, tokens: i32, components: i32, to: usize): void {
  const rowBytes = <usize>(tokens * 4);
  let to0 = to;
  let to1 = to + LIST_BYTES;
  let to2 = to + 2 * LIST_BYTES;
  let to3 = to + 3 * LIST_BYTES;
  let place: u64 = 0;
  for (let i = 0; i < components; i++) {
    if (v128.any_true(v128.load(codes))) {
      to0 = addEntry(to0, load<u32>(codes), place);
      to1 = addEntry(to1, load<u32>(codes, 4), place);
      to2 = addEntry(to2, load<u32>(codes, 8), place);
      to3 = addEntry(to3, load<u32>(codes, 12), place);
    }
    codes += rowBytes;
    place += WEIGHT_BYTES;
  }
  endList(to0);
  endList(to1);
  endList(to2);
  endList(to3);
}

/** Adds a code to a list, unless it is 0: then the next entry overwrites it. @returns where the next one goes */
function addEntry(to: usize, code: u32, place: u64): usize {
  store<u64>(to, ((<u64>code) << 32) | place);
  return to + (code != 0 ? 8 : 0);
}

/** Ends a list. @returns where the next one begins */
function endList(to: usize): usize {
  store<u64>(to, LIST_END);
  return to + 8;
}

/** Copies a list with its end. @returns where the next one begins */
function copyList(from: usize, to: usize): usize {
  let entry = load<u64>(from);
  while (<u32>entry != LIST_END) {
    store<u64>(to, entry);
    from += 8;
    to += 8;
    entry = load<u64>(from);
  }
  return endList(to);
}
