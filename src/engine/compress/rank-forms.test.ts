import { describe, expect, test } from "vitest";
import { at } from "../../shared/at.ts";
import { AS_SOON, firstTokenMs, rankForms, type RankTerms } from "./rank-forms.ts";
import {
  formOf,
  LEVEL_RATES,
  RANKED_DEVICES,
  RANKED_MODELS,
  RANKED_RATES,
  termsOf,
  type RankedForm,
} from "./rank-forms-testing.ts";

const [SMOL] = RANKED_MODELS as [(typeof RANKED_MODELS)[number]];
const LAPTOP = at(RANKED_DEVICES, 1);
const TERMS = termsOf(LAPTOP, SMOL, 2048);

const formsOf = (level: keyof typeof LEVEL_RATES, model = SMOL): RankedForm[] =>
  RANKED_RATES.filter(({ rate }) => (LEVEL_RATES[level] as readonly string[]).includes(rate)).map(
    (rated) => formOf(model, rated),
  );

const ratesOf = (forms: readonly RankedForm[]) => forms.map(({ rate }) => rate);

/** Decoding takes no time, reading a byte as long as here. */
const reading = (bytesPerMs: number, changes: Partial<RankTerms> = {}): RankTerms => ({
  ...TERMS,
  profile: {
    ...TERMS.profile,
    read: { fixedMs: 0, bytesPerMs },
    decode: Object.fromEntries(
      ["f16", "rows", "transform"].map((family) => [family, { fixedMs: 0, bytesPerMs: 1e9 }]),
    ),
    prepare: { transform: { fixedMs: 0, bytesPerMs: 1e9 } },
  },
  ...changes,
});

test("[RF1] where reading is slow and decoding quick, fewer bytes come back sooner", () => {
  const ranked = ratesOf(rankForms(formsOf("compact"), reading(50e3)));
  expect(ranked).toEqual(["transform-60", "transform-30", "int4", "int8", "f16"]);
});

test("[RF1] where decoding takes longer than computing, a form is worth as much as none", () => {
  const slow = reading(300e3);
  const decode = { ...slow.profile.decode, transform: { fixedMs: 1e4, bytesPerMs: 1 } };
  const ranked = ratesOf(
    rankForms(formsOf("balanced"), { ...slow, profile: { ...slow.profile, decode } }),
  );
  expect(ranked.at(-1)).toBe("transform-30");
});

test("[RF2] of forms that come back as soon, the one of the fewest bytes is first", () => {
  const memory = reading(1e9);
  const times = formsOf("compact").map((form) => firstTokenMs(form, memory));
  expect(Math.max(...times)).toBeLessThan(AS_SOON * Math.min(...times));
  const ranked = ratesOf(rankForms(formsOf("compact").toReversed(), memory));
  expect(ranked).toEqual(["transform-60", "transform-30", "int4", "int8", "f16"]);
});

test("[RF2] exact rows stay as they are where every other form comes back much later", () => {
  const fast = reading(1e7);
  const slow = { fixedMs: 20, bytesPerMs: 1e9 };
  const decode = { f16: { fixedMs: 0, bytesPerMs: 1e9 }, rows: slow, transform: slow };
  const ranked = rankForms(formsOf("balanced"), { ...fast, profile: { ...fast.profile, decode } });
  expect(ratesOf(ranked)[0]).toBe("f16");
});

test("[RF3] what was measured counts, and what was not is counted in operations", () => {
  const transform = formOf(SMOL, at(RANKED_RATES, 3));
  const twice = { ...transform, decodeMultiplications: 20 * transform.decodeMultiplications };
  expect(firstTokenMs(twice, TERMS)).toBeGreaterThan(firstTokenMs(transform, TERMS));
  const measured = reading(300e3);
  expect(firstTokenMs(twice, measured)).toBe(firstTokenMs(transform, measured));
});

test("[RF3] of what is made first, only what takes longer than reading the model counts", () => {
  const transform = formOf(SMOL, at(RANKED_RATES, 3));
  const terms = reading(300e3, { modelMs: 200 });
  const prepared = (ms: number) => ({
    ...terms,
    profile: {
      ...terms.profile,
      prepare: { transform: { fixedMs: ms, bytesPerMs: 1e9 } },
    },
  });
  const noneMs = firstTokenMs({ ...transform, preparedBytes: 0 }, terms);
  expect(firstTokenMs(transform, prepared(150))).toBe(noneMs);
  expect(firstTokenMs(transform, prepared(1000))).toBeGreaterThan(noneMs + 500);
});

describe("[RF4] where room is short", () => {
  const fast = reading(1e7);
  const slow = { fixedMs: 20, bytesPerMs: 1e9 };
  const decode = { f16: { fixedMs: 0, bytesPerMs: 1e9 }, rows: slow, transform: slow };
  const terms = { ...fast, profile: { ...fast.profile, decode } };

  test("the fewest bytes are first, whatever time they take", () => {
    const room = { usedBytes: 0.8e9, limitBytes: 1e9 };
    const ranked = rankForms(formsOf("balanced"), { ...terms, room });
    expect(ratesOf(ranked)).toEqual(["transform-30", "int4", "int8", "f16"]);
  });

  test("only forms in which the conversation takes a large share come last", () => {
    // 2,048 tokens of 22.5 KiB are 47 MB.
    const room = { usedBytes: 0, limitBytes: 100e6 };
    const ranked = ratesOf(rankForms(formsOf("balanced"), { ...terms, room }));
    expect(ranked.at(-1)).toBe("f16");
    expect(ranked[0]).not.toBe("f16");
  });

  test("an empty store of much room changes nothing", () => {
    const room = { usedBytes: 0, limitBytes: 2e9 };
    expect(ratesOf(rankForms(formsOf("balanced"), { ...terms, room }))[0]).toBe("f16");
  });
});

test("a long conversation is planned in larger chunks, to about the same time", () => {
  const transform = formOf(SMOL, at(RANKED_RATES, 3));
  const msOf = (tokens: number) => firstTokenMs(transform, { ...reading(50e3), tokens });
  // Just below, one chunk is planned as one; just above, two are.
  expect(msOf(2049) / msOf(2048)).toBeGreaterThan(0.97);
  expect(msOf(2049) / msOf(2048)).toBeLessThan(1.05);
});

describe.each(RANKED_DEVICES.map((device) => [device.name, device] as const))(
  "on a %s",
  (_, device) => {
    test.each(RANKED_MODELS.map((model) => [model.name, model] as const))(
      "no level of %s comes back later than a better one",
      (_, model) => {
        for (const tokens of [256, 2048]) {
          const terms = termsOf(device, model, tokens);
          const msOf = (level: keyof typeof LEVEL_RATES) => {
            const [first] = rankForms(formsOf(level, model), terms);
            return firstTokenMs(first as RankedForm, terms);
          };
          const [exact, balanced, compact] = [msOf("exact"), msOf("balanced"), msOf("compact")];
          expect(balanced).toBeLessThanOrEqual(AS_SOON * exact);
          expect(compact).toBeLessThanOrEqual(AS_SOON * balanced);
        }
      },
    );
  },
);
