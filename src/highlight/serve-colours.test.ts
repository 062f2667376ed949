import { expect, test, vi } from "vitest";
import type { ColourReply } from "../protocol/code-colours.ts";
import { serveColours } from "./serve-colours.ts";

test("each block is told its own lines, and one that is gone nothing more", async () => {
  const told: ColourReply[] = [];
  const take = serveColours((coloured) => told.push(coloured));
  take({ block: 1, language: "json", code: "{}\n".repeat(500) });
  take({ block: 2, language: "json", code: "[]\n" });
  take({ block: 1, isGone: true });
  take({ block: 3, language: "klingon", code: "nuqneH\n" });
  const linesOf = (block: number) => told.filter((one) => one.block === block);
  await vi.waitFor(() => expect(linesOf(2)).toHaveLength(1), { timeout: 20_000 });
  expect(linesOf(2)[0]).toMatchObject({ before: 0, code: "[]\n" });
  expect(linesOf(1)).toEqual([]);
  expect(linesOf(3)).toEqual([]);
});
