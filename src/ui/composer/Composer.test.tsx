import { createRef } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { Composer } from "./Composer.tsx";
import type { ComposerState } from "../conversation/composer-state.ts";

const nothing = () => undefined;

const html = (text: string, state: ComposerState = { is: "ready" }, hasFiles = false) =>
  renderToStaticMarkup(
    <Composer
      text={text}
      state={state}
      input={createRef()}
      onChange={nothing}
      onSend={nothing}
      onQueue={nothing}
      onStop={nothing}
      onTakeOver={nothing}
      hasFiles={hasFiles}
      onAttach={nothing}
      onAttachText={nothing}
    />,
  );

const SEND = /aria-label="Send"/;
const DISABLED_SEND = /<button[^>]*aria-label="Send"[^>]* disabled=""/;

test("there is something to send, or Send is disabled", () => {
  expect(html("Hi")).toMatch(SEND);
  expect(html("Hi")).not.toMatch(DISABLED_SEND);
  expect(html(" \n")).toMatch(DISABLED_SEND);
  expect(html(" \n", { is: "ready" }, true)).not.toMatch(DISABLED_SEND);
});

test("while the model answers here, Send is Stop and typing goes on", () => {
  const answering = html("next", { is: "answering" });
  expect(answering).toContain('aria-label="Stop"');
  expect(answering).not.toMatch(SEND);
  expect(answering).not.toContain("disabled");
});

test("while the model answers elsewhere, nothing can be sent or stopped here", () => {
  expect(html("Hi", { is: "answering-elsewhere", conversationId: "d" })).toMatch(DISABLED_SEND);
});

test("while the model answers, here or elsewhere, a text can be queued", () => {
  const QUEUE = /<button[^>]*aria-label="Send when the model is free"[^>]*>/;
  for (const state of [
    { is: "answering" },
    { is: "answering-elsewhere", conversationId: "d" },
  ] as const) {
    expect(QUEUE.exec(html("next", state))?.[0]).not.toContain("disabled");
    expect(QUEUE.exec(html(" ", state))?.[0]).toContain("disabled");
  }
  expect(html("next", { is: "ready" })).not.toMatch(QUEUE);
});

test("while a model is asked about, typing goes on and nothing can be sent", () => {
  expect(html("Hi", { is: "model-question" })).toMatch(DISABLED_SEND);
});

test("what another tab writes can be taken over, once", () => {
  const taken = html("Hi", { is: "other-tab", takingOver: false });
  expect(taken).toMatch(/<button type="button">Take over<\/button>/);
  expect(taken).not.toMatch(SEND);
  expect(html("Hi", { is: "other-tab", takingOver: true })).toMatch(/disabled="">Take over/);
});
