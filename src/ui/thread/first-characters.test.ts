import { expect, test } from "vitest";
import { firstCharacters } from "./first-characters.ts";

test("a short text is whole, a long one ends on a whole character", () => {
  expect(firstCharacters("Hello", 5)).toBe("Hello");
  expect(firstCharacters("Hello", 4)).toBe("Hell");
  expect(firstCharacters("Hi 🐄!", 4)).toBe("Hi ");
  expect(firstCharacters("Hi 🐄!", 5)).toBe("Hi 🐄");
});
