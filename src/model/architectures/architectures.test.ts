import { expect, test } from "vitest";
import { RUNNABLE_ARCHITECTURES } from "../../protocol/runnable-models.ts";
import { ARCHITECTURES } from "./architectures.ts";

test("the page offers the architectures that there are", () => {
  expect(ARCHITECTURES.map(({ name }) => name)).toEqual(RUNNABLE_ARCHITECTURES);
});
