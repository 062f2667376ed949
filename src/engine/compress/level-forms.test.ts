import { describe, expect, test } from "vitest";
import type { TransformBasis } from "../../kv/codecs/transform-basis.ts";
import { randomBasis } from "../../kv/codecs/transform/transform-testing.ts";
import type { DeviceProfile } from "../../restore/device-profile.ts";
import { FormVerdicts } from "./form-verdicts.ts";
import { isBasisWorthLearning, levelForms, type FormsModel } from "./level-forms.ts";

const SHAPE = { layers: 2, kvHeads: 2, headDim: 32, contextTokens: 2048 };
const BASIS: TransformBasis = randomBasis({
  kvHeads: 2,
  headDim: 32,
  groups: [{ layers: 2, components: [16, 16] }],
});
const BASIS_NAME = "0102030405060708";

/** What a device takes, in ms: `reading` and `decoding` of a byte, and reading the model. */
interface Pace {
  reading?: number;
  decoding?: number;
  modelMs?: number;
}

/** A model on a device that computes slowly, so that loading is what is planned. */
function modelThat(
  { reading = 1e-5, decoding = 1e-7, modelMs = 1000 }: Pace = {},
  hasBasis = true,
): FormsModel {
  const rate = (msPerByte: number) => ({ fixedMs: 0, bytesPerMs: 1 / msPerByte });
  const profile: DeviceProfile = {
    read: rate(reading),
    weights: rate(reading),
    decode: { f16: rate(1e-7), rows: rate(1e-7), transform: rate(decoding) },
    prepare: {},
    prefill: { tokenLayerMs: 10, tokenLayerKiloMs: 0, stepMs: 0 },
  };
  const id = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
  return {
    valueCoder: { basis: hasBasis ? { basis: BASIS, id } : undefined },
    cache: { shape: SHAPE, rowBytes: 256 },
    info: { weightBytes: 1e6 },
    restorationCosts: { profile, prefillMultiplications: 1e5, modelMs: () => modelMs },
  };
}

const terms = (verdicts = new FormVerdicts(), judges = true) =>
  ({ level: "balanced", tokens: 500, verdicts, judges }) as const;

const kinds = (model: FormsModel, given = terms()) =>
  levelForms(model, given).worth.map(({ kind, family }) => `${kind} ${family}`);

const SLOW_STORE = { reading: 1e-2 };

test("where reading takes the time, the form of the fewest bytes comes first, and a safe one last", () => {
  expect(kinds(modelThat(SLOW_STORE))).toEqual([
    "searched transform",
    "searched rows",
    "safe rows",
  ]);
  expect(levelForms(modelThat(SLOW_STORE), terms()).untransformed).toBeUndefined();
});

test("without a basis there are only bits", () => {
  const model = modelThat(SLOW_STORE, false);
  expect(kinds(model)).toEqual(["searched rows", "safe rows"]);
  expect(levelForms(model, terms()).untransformed).toBe("no-basis");
});

test("a form that comes back later than rows as they are is not worth anything", () => {
  const model = modelThat({ ...SLOW_STORE, decoding: 1 });
  expect(kinds(model)).toEqual(["searched rows", "safe rows"]);
  expect(levelForms(model, terms()).untransformed).toBe("slow-decoding");
});

test("where nothing may be judged, only a safe form is worth storing", () => {
  expect(kinds(modelThat(SLOW_STORE), terms(new FormVerdicts(), false))).toEqual(["safe rows"]);
});

describe("a basis is learned", () => {
  const WORK = { decodeMultiplications: 1e4, preparedBytes: 2e4 };
  const isWorth = (model: FormsModel, room?: { usedBytes: number; limitBytes: number }) =>
    isBasisWorthLearning(model, { level: "balanced", tokens: 500, room }, WORK);

  test("where rows come back sooner in it than in bits", () => {
    expect(isWorth(modelThat(SLOW_STORE, false))).toBe(true);
  });

  test("not where decoding it takes longer than reading more bytes", () => {
    expect(isWorth(modelThat({ decoding: 1 }, false))).toBe(false);
  });

  test("not where making its matrices takes longer than reading the model and more bytes", () => {
    const work = { ...WORK, preparedBytes: 2e9 };
    const terms = { level: "balanced", tokens: 500 } as const;
    const isWorthAfter = (modelMs: number) =>
      isBasisWorthLearning(modelThat({ ...SLOW_STORE, modelMs }, false), terms, work);
    expect(isWorthAfter(1000)).toBe(false);
    expect(isWorthAfter(100_000)).toBe(true);
  });

  test("wherever room is short", () => {
    const room = { usedBytes: 9e8, limitBytes: 1e9 };
    expect(isWorth(modelThat({ decoding: 1 }, false), room)).toBe(true);
  });
});

describe("what earlier conversations have shown", () => {
  const lost = (rate: string, basis?: string) => {
    const verdicts = new FormVerdicts();
    verdicts.judged({
      rate,
      measure: { meanKl: 0.2, p95Kl: 0.8, flips: 0.1 },
      basis,
      share: 0.2,
    });
    return verdicts;
  };

  test("leaves out a family that holds at no rate, but for once in a while", () => {
    const given = terms(lost("int4"));
    const tried = Array.from({ length: 32 }, () => kinds(modelThat(SLOW_STORE), given));
    expect(tried[0]).toEqual(["searched transform", "safe rows"]);
    expect(tried.filter((one) => one.includes("searched rows"))).toHaveLength(2);
  });

  test("leaves a transform out for its own basis only", () => {
    const { worth, untransformed } = levelForms(
      modelThat(SLOW_STORE),
      terms(lost("transform-5", BASIS_NAME)),
    );
    expect(worth.map(({ family }) => family)).toEqual(["rows", "rows"]);
    expect(untransformed).toBe("never-held");
    expect(kinds(modelThat(SLOW_STORE), terms(lost("transform-5", "ff")))[0]).toBe(
      "searched transform",
    );
  });
});
