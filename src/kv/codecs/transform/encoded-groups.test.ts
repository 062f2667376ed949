import { expect, test, vi } from "vitest";
import { encodedGroups } from "./encoded-groups.ts";

const GROUPS = [3, 1, 4, 5, 9, 2, 6];

/** Notes which groups are coded at once, each of which takes so long. */
function recording(groupMs = 0) {
  const pieces: (readonly number[])[] = [];
  const encode = (some: readonly number[]) => {
    pieces.push(some);
    vi.spyOn(performance, "now").mockReturnValue(performance.now() + groupMs * some.length);
    return Promise.resolve(some.map((group) => group * 10));
  };
  return { pieces, encode };
}

const signal = () => new AbortController().signal;
const sizesOf = (pieces: readonly (readonly number[])[]) => pieces.map(({ length }) => length);

test("without a signal all groups are coded at once", async () => {
  const { pieces, encode } = recording();
  expect(await encodedGroups(GROUPS, encode)).toEqual(GROUPS.map((group) => group * 10));
  expect(sizesOf(pieces)).toEqual([7]);
});

test("with one more and more at a time, as long as they are quick", async () => {
  const { pieces, encode } = recording(1);
  expect(await encodedGroups(GROUPS, encode, signal())).toEqual(GROUPS.map((one) => one * 10));
  expect(sizesOf(pieces)).toEqual([1, 2, 4]);
});

test("and one at a time where each takes long", async () => {
  const { pieces, encode } = recording(40);
  await encodedGroups(GROUPS, encode, signal());
  expect(sizesOf(pieces)).toEqual([1, 1, 1, 1, 1, 1, 1]);
});

test("it is given up between two pieces", async () => {
  const { pieces, encode } = recording();
  const abort = new AbortController();
  const interrupted = (some: readonly number[]) => {
    if (pieces.length === 1) abort.abort();
    return encode(some);
  };
  await expect(encodedGroups(GROUPS, interrupted, abort.signal)).rejects.toThrow("aborted");
  expect(sizesOf(pieces)).toEqual([1, 2]);
  await expect(encodedGroups(GROUPS, encode, abort.signal)).rejects.toThrow();
});
