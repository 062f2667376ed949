import { expect, test, vi } from "vitest";
import { orLasting } from "./or-lasting.ts";

const never = new Promise<never>(() => undefined);

test("the first of both decides, by what it gives or by its failure", async () => {
  const later = new Promise((resolve) => setTimeout(resolve, 1, "later"));
  expect(await orLasting(Promise.resolve("first"), never)).toBe("first");
  await expect(orLasting(Promise.reject(new Error("failed")), never)).rejects.toThrow("failed");
  expect(await orLasting(never, later)).toBe("later");
  await expect(orLasting(never, Promise.reject(new Error("lost")))).rejects.toThrow("lost");
});

test("one that has settled long ago decides at once, and not over one that has settled, too", async () => {
  const settled = Promise.resolve("settled");
  await orLasting(never, settled);
  expect(await orLasting(never, settled)).toBe("settled");
  expect(await orLasting(Promise.resolve("first"), settled)).toBe("first");
});

test("however many come and go, one thing waits for the lasting one, and tells all that are left", async () => {
  let settle: (value: string) => void = () => undefined;
  const lasting = new Promise<string>((resolve) => (settle = resolve));
  const then = vi.spyOn(lasting, "then");
  for (let i = 0; i < 100; i++) expect(await orLasting(Promise.resolve(i), lasting)).toBe(i);
  expect(then).toHaveBeenCalledOnce();
  const left = [orLasting(never, lasting), orLasting(never, lasting)];
  settle("lost");
  expect(await Promise.all(left)).toEqual(["lost", "lost"]);
});
