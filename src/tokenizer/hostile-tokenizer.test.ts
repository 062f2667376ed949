import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { EngineError } from "../shared/engine-error.ts";
import { pipFile, sentencePieceFile } from "./testing.ts";
import { createTokenizer } from "./tokenizer.ts";
import { changed } from "../shared/json-testing.ts";

const SOURCE = "https://models.test/tokenizer.json";

type Json = Record<string, unknown>;

const hostileValue = fc.oneof(
  fc.constantFrom<unknown>(
    ...[null, true, "", "x", [], {}, [[]], [{}], -1, 0, 0.5, 1, 2e9, 2 ** 53, 1e300],
    ...[{ type: "Sequence" }, { type: "Split" }, { type: "Replace" }, { type: "ByteLevel" }],
    ...[{ type: "Replace", pattern: { Regex: "(" }, content: "" }, { type: "Metaspace" }],
    ...["x".repeat(10_000), new Array(1000).fill("a b")],
  ),
  fc.jsonValue(),
);

/** Pip's tokenizer, reduced to single bytes so that the tests are quick. */
const pip = JSON.parse(pipFile("tokenizer.json")) as { model: { vocab: Json } };
const single = Object.entries(pip.model.vocab).filter(([piece]) => piece.length === 1);
const byteLevel = {
  ...pip,
  model: { ...pip.model, vocab: Object.fromEntries(single), merges: [] },
};

test.each([
  ["byte-level", byteLevel],
  ["SentencePiece", JSON.parse(sentencePieceFile()) as object],
])("whatever a %s tokenizer says, it is a refusal or goes through text", async (_, file) => {
  // The library warns on the console about patterns that it does not know.
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  let accepted = 0;
  const changes = fc.array(
    fc.record({ path: fc.array(fc.nat(50), { minLength: 1, maxLength: 5 }), value: hostileValue }),
    { minLength: 1, maxLength: 2 },
  );
  await fc.assert(
    fc.asyncProperty(changes, async (all) => {
      const json = all.reduce<unknown>(
        (sofar, { path, value }) => changed(sofar, path, value),
        file,
      );
      try {
        const tokenizer = await createTokenizer(JSON.stringify(json), SOURCE);
        const ids = [
          ...tokenizer.encodeText("hi <s> \u00e9 a"),
          ...tokenizer.encodeTemplate("<s>hi"),
        ];
        expect(typeof tokenizer.decode(ids)).toBe("string");
        accepted++;
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        expect(error.failure.code).toBe("model-invalid");
      }
    }),
    { numRuns: 200 },
  );
  expect(accepted).toBeGreaterThan(10);
});
