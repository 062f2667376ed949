import { describe, expect, test } from "vitest";
import { FormVerdicts, type FormVerdict, type SettledForm } from "./form-verdicts.ts";

const verdict = (rate: string, meanKl: number, basis?: string): FormVerdict => ({
  rate,
  measure: { meanKl, p95Kl: 4 * meanKl, flips: 0 },
  basis,
  share: 0.1,
});

const settled = (changes: Partial<SettledForm> = {}): SettledForm => ({
  conversationId: "one",
  level: "balanced",
  rate: "transform-30",
  basis: "b1",
  tokens: 500,
  ...changes,
});

/** What comes back of a record after it was stored as plain data. */
const reloaded = (verdicts: FormVerdicts): FormVerdicts =>
  new FormVerdicts(structuredClone(verdicts.record));

describe("[FV1] what was measured before", () => {
  test("is told of the same family and basis, the latest last, also after a reload", () => {
    const verdicts = new FormVerdicts();
    for (let i = 0; i < 12; i++) verdicts.judged(verdict("transform-30", i / 1000, "b1"));
    verdicts.judged(verdict("transform-20", 0.5, "b2"));
    verdicts.judged(verdict("int4", 0.004));
    for (const known of [verdicts, reloaded(verdicts)]) {
      const earlier = known.earlier(["transform-20", "transform-30"], "b1");
      expect(earlier.map(({ measure }) => measure.meanKl * 1000)).toEqual([
        3, 4, 5, 6, 7, 8, 9, 10, 11,
      ]);
      expect(known.earlier(["int4", "int3-int4"])).toEqual([verdict("int4", 0.004)]);
      expect(known.earlier(["transform-20", "transform-30"], "b3")).toEqual([]);
    }
  });

  test("is kept of the latest conversations only", () => {
    const verdicts = new FormVerdicts();
    for (let i = 0; i < 1000; i++) {
      verdicts.judged(verdict("int4", i));
      verdicts.settle(settled({ conversationId: `${i}` }));
    }
    const { verdicts: kept, settled: of } = verdicts.record as Record<string, unknown[]>;
    expect([kept?.length, of?.length]).toEqual([64, 64]);
    const latest = { ...settled(), conversationId: "999" };
    expect(reloaded(verdicts).settledForm(latest)).toMatchObject(latest);
  });
});

test("[FV2] a family that is passed over is tried again after many conversations", () => {
  const verdicts = new FormVerdicts();
  const passed = Array.from({ length: 40 }, () => verdicts.passOver("rows"));
  expect(passed.flatMap((isTried, i) => (isTried ? [i] : []))).toEqual([15, 31]);
});

describe("[FV3] the form of a conversation", () => {
  const verdicts = new FormVerdicts();
  verdicts.settle(settled());
  verdicts.settle(settled({ level: "compact", rate: undefined }));

  test("stands for its later chunks, until it is twice as long", () => {
    for (const tokens of [500, 999])
      expect(verdicts.settledForm(settled({ tokens }))).toEqual(settled());
    expect(verdicts.settledForm(settled({ tokens: 1000 }))).toBeUndefined();
  });

  test("stands for its own level, and for the basis it was judged with", () => {
    expect(verdicts.settledForm(settled({ level: "compact" }))?.rate).toBeUndefined();
    expect(verdicts.settledForm(settled({ level: "compact" }))).toBeDefined();
    expect(verdicts.settledForm(settled({ basis: "b2" }))).toBeUndefined();
    expect(verdicts.settledForm(settled({ conversationId: "two" }))).toBeUndefined();
  });

  test("is the one that was settled last", () => {
    const again = new FormVerdicts(structuredClone(verdicts.record));
    again.settle(settled({ rate: "transform-20", tokens: 1100 }));
    expect(again.settledForm(settled({ tokens: 2000 }))?.rate).toBe("transform-20");
  });
});

test("[FV4] sharing has held once it was accepted", () => {
  const verdicts = new FormVerdicts();
  expect(verdicts.sharingHeld).toBe(false);
  verdicts.holdSharing();
  expect(reloaded(verdicts).sharingHeld).toBe(true);
});

test("a record that anyone may have written gives only what is sound", () => {
  const one = verdict("int4", 0.001);
  const wrong = [
    null,
    "x",
    { ...one, rate: "int5" },
    { ...one, share: 2 },
    { ...one, share: NaN },
    { ...one, basis: 7 },
    { ...one, measure: { ...one.measure, meanKl: -1 } },
    { ...one, measure: { ...one.measure, p95Kl: Infinity } },
    { ...one, measure: { ...one.measure, flips: "0" } },
    { ...one, measure: undefined },
  ];
  const unsettled = [
    { ...settled(), level: "exact" },
    { ...settled(), rate: "no rate" },
    { ...settled(), tokens: 0.5 },
    { ...settled(), conversationId: "" },
  ];
  const verdicts = new FormVerdicts({
    verdicts: [...wrong, one],
    settled: [...unsettled, settled()],
    passed: { rows: -1, transform: 3 },
    sharingHeld: "yes",
  });
  expect(verdicts.record).toEqual({
    verdicts: [one],
    settled: [settled()],
    passed: { transform: 3 },
    sharingHeld: false,
  });
  for (const record of [undefined, null, 7, [], { verdicts: {}, settled: 1, passed: [] }])
    expect(new FormVerdicts(record).record).toEqual(new FormVerdicts().record);
});
