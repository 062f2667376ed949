import { expect, test } from "vitest";
import type { EngineFailure } from "../../protocol/errors.ts";
import type { MessageRecord } from "../../protocol/store-api.ts";
import { type FailureAlertSources, failureAlerts } from "./failure-alerts.ts";

const lost: EngineFailure = { code: "device-lost", message: "" };
const full: EngineFailure = { code: "quota-exceeded" };
const question: MessageRecord = {
  id: "q",
  conversationId: "c",
  parentId: null,
  role: "user",
  text: "Hi",
  status: "complete",
  createdAtMs: 0,
};

const failed = (failure: EngineFailure) => ({
  state: {
    phase: "failed",
    conversationId: "c",
    reply: { messageId: "a", parentId: "q", text: "", reasoning: "" },
    failure,
  } as const,
});

const alerts = (sources: Partial<FailureAlertSources>) =>
  failureAlerts({
    isOutdated: false,
    status: { phase: "idle" },
    refusal: undefined,
    state: { phase: "idle" },
    unread: undefined,
    messages: [question],
    ...sources,
  });

test("nothing wrong, nothing said", () => {
  expect(alerts({})).toEqual([]);
});

test("an answer that failed can be asked for again", () => {
  expect(alerts(failed(lost))).toEqual([{ failure: lost, retry: "regenerate" }]);
});

test("a message that was not stored is sent again from the composer", () => {
  const sources = { ...failed(full), refusal: full, messages: [] };
  expect(alerts(sources)).toEqual([{ failure: full }]);
  expect(alerts({ ...sources, refusal: undefined })).toEqual([{ failure: full }]);
});

test("what the engine failed of is said once, and retried by loading", () => {
  const failure: EngineFailure = { code: "webgpu-unavailable", reason: "no-adapter" };
  const status = { phase: "failed", failure } as const;
  expect(alerts({ status, ...failed(failure) })).toEqual([{ failure, retry: "load" }]);
  expect(alerts({ status, ...failed({ code: "model-not-loaded" }) })).toEqual([
    { failure, retry: "load" },
  ]);
});

test("different failures are all said", () => {
  const status = { phase: "failed", failure: lost } as const;
  expect(alerts({ status, unread: full }).map(({ retry }) => retry)).toEqual(["load", "read"]);
});

test("being outdated is said once, whatever failed of it, and cured by reloading", () => {
  const outdated: EngineFailure = { code: "outdated" };
  const told = [{ failure: outdated, retry: "reload" }];
  expect(alerts({ isOutdated: true })).toEqual(told);
  expect(alerts({ unread: outdated })).toEqual(told);
  const sources = { unread: outdated, refusal: outdated, ...failed(outdated) };
  expect(alerts({ isOutdated: true, ...sources })).toEqual(told);
});

test("a worker that died is not news where its script is gone", () => {
  const died: EngineFailure = { code: "worker-died", worker: "engine", message: "" };
  const status = { phase: "failed", failure: died } as const;
  expect(alerts({ status, isOutdated: true })).toMatchObject([{ retry: "reload" }]);
  expect(alerts({ status })).toEqual([{ failure: died, retry: "load" }]);
});
