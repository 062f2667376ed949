import { expect, test } from "vitest";
import { newestLeaf, pathTo, promptFor, shownPath, versionsOf } from "./message-path.ts";
import { message } from "../testing-store.ts";

const ids = (messages: readonly { id: string }[]) => messages.map(({ id }) => id);
const reply = (id: string, parentId: string, fields = {}) =>
  message(id, { parentId, role: "assistant", ...fields });

/** The tree q1 — a1 — q2 — a2, where q2 has a second answer a2' and q1' is an edited q1. */
const tree = [
  message("q1"),
  reply("a1", "q1"),
  message("q2", { parentId: "a1" }),
  reply("a2", "q2"),
  reply("a2'", "q2"),
  message("q1'"),
];

test("a path runs from the first message to its head", () => {
  expect(ids(pathTo(tree, "a2'"))).toEqual(["q1", "a1", "q2", "a2'"]);
  expect(ids(pathTo(tree, "q1'"))).toEqual(["q1'"]);
});

test("the path that is shown ends in the message that came last", () => {
  expect(ids(shownPath(tree.slice(0, -1)))).toEqual(["q1", "a1", "q2", "a2'"]);
  expect(shownPath([])).toEqual([]);
});

test("the engine is given reasoning with the text, and no reply that has nothing else", () => {
  const tokens = { tokenizer: "t", ids: [1], reasoningIds: [2] };
  const path = [
    message("q1"),
    reply("a1", "q1", { text: "", reasoning: "Hm" }),
    message("q2"),
    reply("a2", "q2", { reasoning: "Hm", reasoningMs: 5, tokens }),
  ];
  expect(promptFor(path)).toEqual([
    { role: "user", text: "text of q1" },
    { role: "user", text: "text of q2" },
    { role: "assistant", text: "text of a2", reasoning: "Hm", tokens },
  ]);
});

test("a reply that has only reasoning is a version of others, as it can be seen", () => {
  const thought = reply("a1", "q1", { text: "", reasoning: "Hm" });
  const empty = reply("a2", "q1", { text: "" });
  const last = reply("a3", "q1");
  const all = [message("q1"), thought, empty, last];
  expect(versionsOf(pathTo(all, "a3"), all).get("a3")).toEqual({ ids: ["a1", "a3"], index: 1 });
});

test("there is no path to nothing, and none to a message that is not there", () => {
  expect(pathTo(tree, null)).toEqual([]);
  expect(pathTo(tree, "gone")).toEqual([]);
});

test("a path whose beginning is lost, or that bites its tail, still ends", () => {
  expect(ids(pathTo([message("b", { parentId: "gone" })], "b"))).toEqual(["b"]);
  const loop = [message("a", { parentId: "b" }), message("b", { parentId: "a" })];
  expect(ids(pathTo(loop, "b"))).toEqual(["a", "b"]);
  expect(newestLeaf(loop, "a")).toBe("a");
});

test("versions are the other replies to a message, and the other first messages", () => {
  const versions = versionsOf(pathTo(tree, "a2"), tree);
  expect(Object.fromEntries(versions)).toEqual({
    q1: { ids: ["q1", "q1'"], index: 0 },
    a2: { ids: ["a2", "a2'"], index: 0 },
  });
  expect(versionsOf([], tree).size).toBe(0);
});

test("versions keep their order, whichever is shown", () => {
  const timed = tree.map((one, i) => ({ ...one, createdAtMs: i }));
  const [q1, a1, q2, a2, other, edited] = timed;
  const shown = [q1, a1, q2, other, edited, a2].flatMap((one) => one ?? []);
  expect(versionsOf(shownPath(shown), shown).get("a2")).toEqual({ ids: ["a2", "a2'"], index: 0 });
  expect(newestLeaf(shown, "q2")).toBe("a2'");
});

test("a reply without text is no version but of itself", () => {
  const withEmpty = [...tree, reply("empty", "q2", { text: "", status: "failed" })];
  const idsAt = (head: string) => versionsOf(pathTo(withEmpty, head), withEmpty).get(head)?.ids;
  expect(idsAt("a2")).toEqual(["a2", "a2'"]);
  expect(idsAt("empty")).toEqual(["a2", "a2'", "empty"]);
});

test("a branch is shown to its newest end", () => {
  expect(newestLeaf(tree, "q1")).toBe("a2'");
  expect(newestLeaf(tree, "a2")).toBe("a2");
});

test("a prompt carries role, text and the model's own tokens", () => {
  const tokens = { tokenizer: "t", ids: [1] };
  const path = [message("q1", { text: "Hi" }), reply("a1", "q1", { text: "Hello", tokens })];
  expect(promptFor(path)).toEqual([
    { role: "user", text: "Hi" },
    { role: "assistant", text: "Hello", tokens },
  ]);
});

test("a prompt leaves replies without text out, and keeps partial ones", () => {
  const path = [
    message("q1", { text: "Hi" }),
    reply("a1", "q1", { text: "", status: "failed" }),
    message("q2", { text: "Hello?" }),
    reply("a2", "q2", { text: "Ye", status: "stopped" }),
  ];
  expect(promptFor(path).map(({ text }) => text)).toEqual(["Hi", "Hello?", "Ye"]);
});
