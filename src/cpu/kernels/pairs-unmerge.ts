import { storeHalves } from "./halves";
import { headDimOf, keptOf, kvHeadsOf, OWN, rowBytes, skipOf, startOf } from "./pairs-layout";
import { finiteHalves } from "./rows-layout";
import { address } from "./words";

/**
 * Parts rows that were merged, as `shaders/pairs/unmerge-rows.wgsl` does: whatever words it reads, it writes finite
 * numbers, and into the run's rows only. An item is a token.
 *
 * Words: those of pairs-layout.ts, addresses of the directions, the magnitudes, the kept tokens, the kept rows and both
 * layers' caches.
 */
export function unmergeRows(args: usize, start: i32, end: i32, scratch: usize): void {
  const bytes = rowBytes(args);
  for (let token = max(start, skipOf(args)); token < end; token++) {
    const cached = <usize>(startOf(args) + token) * bytes;
    const keep = address(args, OWN + 4) + cached;
    const share = address(args, OWN + 5) + cached;
    const slot = slotOf(args, token);
    if (slot >= 0) {
      const kept = address(args, OWN + 3);
      copyFinite(kept + <usize>slot * bytes, keep, bytes);
      copyFinite(kept + <usize>(keptOf(args) + slot) * bytes, share, bytes);
    } else {
      partRow(args, token, keep, 0);
      partRow(args, token, share, 16);
    }
  }
}

/** The last place of a token among those that are kept, or -1. */
function slotOf(args: usize, token: i32): i32 {
  for (let slot = keptOf(args) - 1; slot >= 0; slot--)
    if (load<i32>(address(args, OWN + 2) + ((<usize>slot) << 2)) == token) return slot;
  return -1;
}

/** Copies f16, of which infinities and NaN become the largest finite number. */
function copyFinite(from: usize, to: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 8) {
    const halves = v128.load64_zero(from + i);
    const size = i16x8.min_u(v128.and(halves, i16x8.splat(0x7fff)), i16x8.splat(0x7bff));
    const sign = v128.and(halves, i16x8.splat(-0x8000));
    v128.store64_lane(to + i, v128.or(size, sign), 0);
  }
}

/** Makes a token's row of one layer. @param half the lowest bit of the layer's magnitude in its word */
function partRow(args: usize, token: i32, to: usize, half: i32): void {
  const vectorBytes = (<usize>headDimOf(args)) << 1;
  const vectors = 2 * kvHeadsOf(args);
  let from = address(args, OWN) + <usize>token * rowBytes(args);
  let lengths = address(args, OWN + 1) + ((<usize>(token * vectors)) << 2);
  for (let vector = 0; vector < vectors; vector++) {
    const length = finiteHalves(i32x4.splat(load<u32>(lengths) >> half));
    for (let i: usize = 0; i < vectorBytes; i += 8)
      storeHalves(to + i, f32x4.mul(finiteHalves(v128.load_ext<u16>(from + i)), length));
    from += vectorBytes;
    to += vectorBytes;
    lengths += 4;
  }
}
