import "fake-indexeddb/auto";
import { expect, test } from "vitest";
import { IdbPieces } from "./idb-pieces.ts";

const bytes = (length: number, start = 0) => Uint8Array.from({ length }, (_, i) => start + i);

test("a piece grows, over several visits, and is read as a whole", async () => {
  const name = `pieces-${crypto.randomUUID()}`;
  const first = await new IdbPieces(name).open("f", "a-0");
  await first.append(bytes(200_000));
  await first.append(bytes(10, 200_000));
  await first.close();
  const later = new IdbPieces(name);
  expect(await later.lengths("f")).toEqual(new Map([["a-0", 200_010]]));
  const second = await later.open("f", "a-0");
  expect(second.bytes).toBe(200_010);
  await second.append(bytes(90, 200_010));
  await second.close();
  const read = await later.read("f", "a-0");
  const whole = new Uint8Array((await read?.arrayBuffer()) ?? new ArrayBuffer());
  expect(Buffer.from(whole).equals(bytes(200_100))).toBe(true);
});

test("bytes of a page that was closed are there up to the last block", async () => {
  const name = `pieces-${crypto.randomUUID()}`;
  const writer = await new IdbPieces(name).open("f", "a-0");
  await writer.append(bytes(140_000));
  await writer.append(bytes(1000));
  expect(await new IdbPieces(name).lengths("f")).toEqual(new Map([["a-0", 140_000]]));
});

test("pieces and folders are removed, and others stay", async () => {
  const pieces = new IdbPieces(`pieces-${crypto.randomUUID()}`);
  for (const [folder, name] of [
    ["f", "a-0"],
    ["f", "a-00"],
    ["g", "a-0"],
  ] as const) {
    const writer = await pieces.open(folder, name);
    await writer.append(bytes(5));
    await writer.close();
  }
  await pieces.remove("f", "a-0");
  expect([...(await pieces.lengths("f")).keys()]).toEqual(["a-00"]);
  expect(await pieces.read("f", "a-0")).toBeUndefined();
  const writer = await pieces.open("f", "a-00");
  await writer.clear();
  await writer.close();
  expect([...(await pieces.lengths("f")).keys()]).toEqual([]);
  expect(await pieces.folders()).toEqual(["g"]);
  await pieces.removeFolder("g");
  expect(await pieces.folders()).toEqual([]);
});
