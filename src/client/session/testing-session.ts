import { expect, vi } from "vitest";
import { ok } from "../../protocol/errors.ts";
import type { ReplyModel } from "../../protocol/store-api.ts";
import { openTabChannel } from "../tabs/tab-channel.ts";
import { FakeEngine } from "../testing-engine.ts";
import { FakeStore } from "../testing-store.ts";
import { createChatTab } from "./chat-tab.ts";

/** The first message of a conversation. */
export const HI = { conversationId: "c", parentId: null, text: "Hi" };

export function openSession() {
  const engine = new FakeEngine();
  const store = new FakeStore();
  const onStored = vi.fn(() => Promise.resolve());
  const channel = openTabChannel(() => undefined);
  const refresh = onStored;
  let model: ReplyModel | undefined;
  const tab = { engine, store, channel, locks: undefined, refresh, model: () => model };
  const { session, queue } = createChatTab(tab);
  const setModel = (replying: ReplyModel) => void (model = replying);
  const messages = () => [...store.stored.values()];
  const state = () => session.stateOf("c");
  return { engine, store, onStored, session, queue, messages, state, setModel };
}

/** A session whose engine was asked and has not answered yet. */
export async function askSession() {
  const opened = openSession();
  const asked = opened.engine.asked();
  expect(await opened.session.send(HI)).toEqual(ok(undefined));
  await asked;
  return opened;
}
