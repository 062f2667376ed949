import { expect, test } from "vitest";
import { composerStateOf } from "./composer-state.ts";

const conversationId = "c";
const isModelAsked = false;
const writer = { is: "writer" } as const;
const follower = { is: "follower", takingOver: false } as const;

test("what is not known to be taken is free", () => {
  const answeringIn = undefined;
  expect(composerStateOf({ conversationId, answeringIn, access: writer, isModelAsked })).toEqual({
    is: "ready",
  });
  const access = { is: "unknown" } as const;
  expect(composerStateOf({ conversationId, answeringIn, access, isModelAsked })).toEqual({
    is: "ready",
  });
});

test("the model answers in one conversation", () => {
  expect(
    composerStateOf({ conversationId, answeringIn: "c", access: writer, isModelAsked }),
  ).toEqual({
    is: "answering",
  });
  expect(
    composerStateOf({ conversationId, answeringIn: "d", access: writer, isModelAsked }),
  ).toEqual({
    is: "answering-elsewhere",
    conversationId: "d",
  });
});

test("another tab's conversation is not this one's, whatever the model does", () => {
  for (const answeringIn of [undefined, "d"])
    expect(
      composerStateOf({ conversationId, answeringIn, access: follower, isModelAsked }),
    ).toEqual({
      is: "other-tab",
      takingOver: false,
    });
});

test("a turn that is ending can be stopped, though another tab has the conversation", () => {
  expect(
    composerStateOf({ conversationId, answeringIn: "c", access: follower, isModelAsked }),
  ).toEqual({
    is: "answering",
  });
});

test("while a model is asked about, nothing can be sent; what goes on elsewhere is said all the same", () => {
  const asked = { conversationId, isModelAsked: true };
  expect(composerStateOf({ ...asked, answeringIn: undefined, access: writer })).toEqual({
    is: "model-question",
  });
  expect(composerStateOf({ ...asked, answeringIn: "c", access: writer })).toEqual({
    is: "answering",
  });
  expect(composerStateOf({ ...asked, answeringIn: undefined, access: follower })).toMatchObject({
    is: "other-tab",
  });
});
