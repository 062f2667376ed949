import { expect, test } from "vitest";
import { recordOfState, stateOf } from "./learning-state.ts";

const STATE = {
  fittedTokens: 1500,
  harm: { keys: [1, undefined], values: [0, 0.25] },
};

test("what was kept is what comes back", () => {
  const record: unknown = structuredClone(recordOfState(STATE));
  expect(stateOf(record, { layers: 2, hasBasis: true })).toEqual(STATE);
});

test("a state without a basis says how layers count, and that nothing was fitted", () => {
  const state = stateOf(recordOfState(STATE), { layers: 2, hasBasis: false });
  expect(state).toEqual({ ...STATE, fittedTokens: undefined });
});

test("a basis from before the state was kept counts as one of 2,000 tokens", () => {
  expect(stateOf(undefined, { layers: 1, hasBasis: true }).fittedTokens).toBe(2000);
});

test("what is no state of this model says nothing", () => {
  const nothing = {
    fittedTokens: undefined,
    harm: { keys: [undefined, undefined], values: [undefined, undefined] },
  };
  const about = { layers: 2, hasBasis: false };
  const { keys, values } = STATE.harm;
  for (const record of [
    null,
    7,
    "state",
    { version: 2, keys, values },
    { version: 1, keys: [1], values },
    { version: 1, keys: "no", values },
    { version: 1, keys: [NaN, -1], values: [Infinity, "1"] },
  ])
    expect(stateOf(record, about)).toEqual(nothing);
});
