import { expect, test } from "vitest";
import { reasoningMarks } from "../../tokenizer/reasoning.ts";
import { createThinkingTokenizer, THINK } from "../../tokenizer/testing.ts";
import { Reply } from "./reply.ts";

const thinking = await createThinkingTokenizer();
const marks = reasoningMarks(thinking, []);
const ids = (text: string) => thinking.encodeText(text);
const thought = [THINK.open, ...ids("\nHm. STOP\n"), THINK.close, ...ids("\n\n")];

/** A whole reply, and all that was said to have become certain. */
function run(tokens: readonly number[], stops: readonly string[] = []) {
  const reply = new Reply(thinking, { stops, marks, begun: false });
  const pieces = tokens.map((id) => reply.push(id));
  pieces.push(reply.end());
  const said = {
    reasoning: pieces.map(({ reasoning }) => reasoning).join(""),
    text: pieces.map(({ text }) => text).join(""),
  };
  return { reply, said };
}

test("a reply says all of its parts, and has the tokens of each", () => {
  const { reply, said } = run([...thought, ...ids("Moo.")]);
  expect(said).toEqual({ reasoning: "Hm. STOP", text: "Moo." });
  expect([reply.reasoning, reply.text]).toEqual(["Hm. STOP", "Moo."]);
  const tokenizer = thinking.fingerprint;
  expect(reply.tokens).toEqual({ tokenizer, ids: ids("Moo."), reasoningIds: thought });
});

test("a reply without reasoning has none, nor tokens of it", () => {
  const { reply, said } = run(ids("Moo."));
  expect(said).toEqual({ reasoning: "", text: "Moo." });
  expect(reply.tokens).toEqual({ tokenizer: thinking.fingerprint, ids: ids("Moo.") });
  const empty = [THINK.open, ...ids("\n\n"), THINK.close, ...ids("\n\n"), ...ids("Moo.")];
  expect(run(empty).reply.tokens).not.toHaveProperty("reasoningIds");
});

test("a stop string ends the text, and not the reasoning", () => {
  const { reply, said } = run([...thought, ...ids("Moo STOP moo")], ["STOP"]);
  expect(said).toEqual({ reasoning: "Hm. STOP", text: "Moo " });
  expect(reply.stopped).toBe(true);
  expect(reply.tokens).toBeUndefined();
});

test("what may become a stop string is said when nothing comes any more", () => {
  const { said } = run([...thought, ...ids("Moo ST")], ["STOP"]);
  expect(said.text).toBe("Moo ST");
});

test("a reply that was cut goes on, and says only what is new", () => {
  const whole = [...thought, ...ids("Moo 🐄 moo.")];
  for (let cut = 1; cut < whole.length; cut++) {
    const before = run(whole.slice(0, cut));
    const reply = new Reply(thinking, { stops: [], marks, begun: false });
    reply.resume(whole.slice(0, cut), before.said);
    const pieces = whole.slice(cut).map((id) => reply.push(id));
    pieces.push(reply.end());
    expect([reply.reasoning, reply.text]).toEqual(["Hm. STOP", "Moo 🐄 moo."]);
    expect(reply.ids).toEqual(whole.slice(cut));
    expect(reply.tokens?.reasoningIds).toEqual(thought);
    expect(before.said.text.length + pieces.map(({ text }) => text).join("").length).toBe(
      reply.text.length,
    );
    const isHalved = before.said.text.includes("\ufffd");
    if (!isHalved)
      expect(before.said.text + pieces.map(({ text }) => text).join("")).toBe(reply.text);
  }
});
