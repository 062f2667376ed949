import { expect, test } from "vitest";
import { turnLockName, holdDuringTurns, untilNoTurnRuns } from "./turn-lock.ts";
import { FakeBrowser } from "../tabs/testing-tabs.ts";

const name = turnLockName("https://example.test/assets/index-1.js");

/** A tab whose turns the test begins and ends. */
function openTab(browser: FakeBrowser) {
  const { locks } = browser.openTab();
  let listener: () => void = () => undefined;
  let answering: string | undefined;
  let end: () => void = () => undefined;
  const session = {
    subscribe: (told: () => void) => ((listener = told), () => undefined),
    answeringIn: () => answering,
  };
  const finished = () => new Promise<void>((resolve) => (end = resolve));
  holdDuringTurns(session, finished, { name, locks });
  const become = (conversationId: string | undefined) => {
    answering = conversationId;
    listener();
  };
  return { locks, become, finish: () => end() };
}

test("a tab that answers is waited for until what it made is stored", async () => {
  const browser = new FakeBrowser();
  const [busy, idle] = [openTab(browser), openTab(browser)];
  await untilNoTurnRuns({ name, locks: idle.locks }, 60_000);
  busy.become("c");
  // The listeners are called for every token.
  busy.become("c");
  let isOver = false;
  const waiting = untilNoTurnRuns({ name, locks: idle.locks }, 60_000).then(() => (isOver = true));
  busy.become(undefined);
  await new Promise((resolve) => setTimeout(resolve));
  expect(isOver).toBe(false);
  busy.finish();
  await waiting;
  busy.become("d");
  await new Promise((resolve) => setTimeout(resolve));
  expect(browser.held()).toEqual([name]);
  busy.finish();
});

test("a tab that hangs is waited for no longer than was said", async () => {
  const browser = new FakeBrowser();
  const [hanging, idle] = [openTab(browser), openTab(browser)];
  hanging.become("c");
  await untilNoTurnRuns({ name, locks: idle.locks }, 1);
  expect(browser.held()).toEqual([name]);
});

test("another build's answers are not waited for: nothing is taken from it", () => {
  expect(turnLockName("https://example.test/assets/index-2.js")).not.toBe(name);
});

test("without locks, or where they are refused, nothing is waited for", async () => {
  await untilNoTurnRuns({ name, locks: undefined }, 60_000);
  const refuse = () => Promise.reject(new DOMException("", "SecurityError"));
  await untilNoTurnRuns({ name, locks: { request: refuse, query: refuse } }, 60_000);
});
