import { expect, test } from "vitest";
import { floorOf } from "./floor.ts";

const conversationId = "c";
const isModelAsked = false;
const writer = { is: "writer" } as const;
const follower = { is: "follower", takingOver: false } as const;

test("what is not known to be taken is free", () => {
  const answeringIn = undefined;
  expect(floorOf({ conversationId, answeringIn, access: writer, isModelAsked })).toEqual({
    is: "free",
  });
  const access = { is: "unknown" } as const;
  expect(floorOf({ conversationId, answeringIn, access, isModelAsked })).toEqual({ is: "free" });
});

test("the model answers in one conversation", () => {
  expect(floorOf({ conversationId, answeringIn: "c", access: writer, isModelAsked })).toEqual({
    is: "here",
  });
  expect(floorOf({ conversationId, answeringIn: "d", access: writer, isModelAsked })).toEqual({
    is: "elsewhere",
    conversationId: "d",
  });
});

test("another tab's conversation is not this one's, whatever the model does", () => {
  for (const answeringIn of [undefined, "d"])
    expect(floorOf({ conversationId, answeringIn, access: follower, isModelAsked })).toEqual({
      is: "other-tab",
      takingOver: false,
    });
});

test("a turn that is ending can be stopped, though another tab has the conversation", () => {
  expect(floorOf({ conversationId, answeringIn: "c", access: follower, isModelAsked })).toEqual({
    is: "here",
  });
});

test("while a model is asked about, nothing can be sent; what goes on elsewhere is said all the same", () => {
  const asked = { conversationId, isModelAsked: true };
  expect(floorOf({ ...asked, answeringIn: undefined, access: writer })).toEqual({
    is: "model-asked",
  });
  expect(floorOf({ ...asked, answeringIn: "c", access: writer })).toEqual({ is: "here" });
  expect(floorOf({ ...asked, answeringIn: undefined, access: follower })).toMatchObject({
    is: "other-tab",
  });
});
