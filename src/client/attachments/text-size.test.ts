import { expect, test } from "vitest";
import { messageSize, textSize } from "./text-size.ts";

test("a text is measured in UTF-8, of which a token has about four bytes", () => {
  expect(textSize("")).toEqual({ bytes: 0, tokens: 0 });
  expect(textSize("Hello")).toEqual({ bytes: 5, tokens: 2 });
  expect(textSize("漢字")).toEqual({ bytes: 6, tokens: 2 });
});

test("a message's files count with their frames", () => {
  const attachments = [{ name: "a", text: "x".repeat(400) }];
  expect(messageSize({ text: "Hi", attachments }).tokens).toBeGreaterThan(100);
  expect(messageSize({ text: "Hi", attachments }, () => 9000).tokens).toBeGreaterThan(9000);
});
