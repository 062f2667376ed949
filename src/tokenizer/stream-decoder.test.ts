import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StreamDecoder, type TokenBytes } from "./stream-decoder.ts";
import { createPipTokenizer, sentencePieceFile, unicodeText } from "./testing.ts";
import { createTokenizer } from "./tokenizer.ts";

const pip = await createPipTokenizer();
const tiny = await createTokenizer(sentencePieceFile(), "https://models.test/tokenizer.json");

/** Token i is the byte i. No stream of tokens can be cut into smaller parts. */
const byteTokens = (stripsLeadingSpace = false): TokenBytes => ({
  tokenBytes: (id) => Uint8Array.of(id),
  stripsLeadingSpace,
});

function pushAll(tokens: TokenBytes, ids: Iterable<number>): string[] {
  const stream = new StreamDecoder(tokens);
  return [...Array.from(ids, (id) => stream.push(id)), stream.flush()];
}

const whole = (bytes: Uint8Array) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);

describe("StreamDecoder", () => {
  test("a character appears with its last byte", () => {
    const bytes = new TextEncoder().encode("é😀");
    expect(pushAll(byteTokens(), bytes)).toEqual(["", "é", "", "", "", "😀", ""]);
  });

  test("an incomplete character is U+FFFD only when it can no longer complete", () => {
    expect(pushAll(byteTokens(), [0xf0, 0x9f, 0x41])).toEqual(["", "", "\uFFFDA", ""]);
    expect(pushAll(byteTokens(), [0xf0, 0x9f, 0x98])).toEqual(["", "", "", "\uFFFD"]);
  });

  test("any bytes give what decoding them at once gives", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(pushAll(byteTokens(), bytes).join("")).toBe(whole(bytes));
      }),
    );
  });

  test("every delta of a well-formed text is whole characters", () => {
    fc.assert(
      fc.property(unicodeText, (text) => {
        const deltas = pushAll(byteTokens(), new TextEncoder().encode(text));
        expect(deltas.join("")).toBe(text);
        expect(deltas.filter((delta) => Array.from(delta).length > 1)).toEqual([]);
      }),
    );
  });

  test("any ids of a model give what decoding them at once gives", () => {
    for (const [tokenizer, vocab] of [
      [pip, 2048],
      [tiny, 280],
    ] as const) {
      fc.assert(
        fc.property(fc.array(fc.nat({ max: vocab - 1 })), (ids) => {
          const bytes = Uint8Array.from(ids.flatMap((id) => Array.from(tokenizer.tokenBytes(id))));
          const strip = tokenizer.stripsLeadingSpace && bytes[0] === 0x20;
          const text = whole(strip ? bytes.subarray(1) : bytes);
          expect(pushAll(tokenizer, ids).join("")).toBe(text);
        }),
      );
    }
  });

  test("a special token inside a character does not break it", () => {
    const [first = 0, ...rest] = pip.encodeText("é");
    expect(rest).toHaveLength(1);
    expect(pip.decode([first, 2, ...rest])).toBe("é");
  });

  test("a leading space goes where the tokenizer puts one, once", () => {
    expect(pushAll(byteTokens(true), [0x20, 0x20, 0x61]).join("")).toBe(" a");
    expect(pushAll(byteTokens(true), [0x61, 0x20, 0x61]).join("")).toBe("a a");
  });

  test("after a flush it starts over", () => {
    const stream = new StreamDecoder(byteTokens(true));
    stream.push(0xc3);
    expect(stream.flush()).toBe("\uFFFD");
    expect([stream.push(0x20), stream.push(0x61), stream.flush()]).toEqual(["", "a", ""]);
  });
});
