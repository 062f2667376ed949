import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { promptTokens, renderPrompt } from "../chat-template.ts";
import { createPipTokenizer } from "../testing.ts";
import { createPromptWriter } from "./jinja-writer.ts";
import { MAX_JINJA_LENGTH, renderJinja } from "./render-jinja.ts";
import { rendererInThread } from "./renderer-in-thread.ts";
import { templateFor } from "./testing.ts";

const pip = await createPipTokenizer();
const read = (name: string) =>
  readFileSync(new URL(`fixtures/${name}.jinja`, import.meta.url), "utf8");
const inputOf = (jinja: string) => ({
  jinja,
  messages: [{ role: "user", content: "Hi" }],
  bosToken: "",
  eosToken: "",
  nowMs: 0,
});

/** The processor's time, which other tests on the same cores do not change much. */
const MOST_CPU_MS = 2000;

test.each([
  ["loop", "fails"],
  ["loop-plain", "fails"],
  ["throws", "fails"],
  ["nested", "fails"],
  ["doubling", "fails"],
  ["syntax", "fails"],
  ["prototype", "fails"],
])("%s: the family's template is used, soon", async (name, expected) => {
  const template = templateFor(pip, read(name));
  const begun = process.cpuUsage();
  const { writer, fault } = await createPromptWriter(template, {
    tokenizer: pip,
    renderer: rendererInThread,
  });
  const { user, system } = process.cpuUsage(begun);
  expect((user + system) / 1000).toBeLessThan(MOST_CPU_MS);
  expect(fault).toBe(expected);
  const messages = [{ role: "user" as const, text: "Hello!" }];
  const prompt = promptTokens(await writer.write(messages, 0));
  expect(prompt).toEqual(promptTokens(renderPrompt(template.family, pip, messages)));
});

test.each([
  ["no template", undefined, "missing"],
  ["a template beyond all bounds", " ".repeat(MAX_JINJA_LENGTH + 1), "too-long"],
  ["a text without messages", "Hello!", "loses-contents"],
  [
    "one without replies",
    "{% for m in messages if m.role == 'user' %}{{ m.content }}{% endfor %}",
    "loses-contents",
  ],
  [
    "messages twice",
    "{% for m in messages %}{{ m.content }}{{ m.content }}{% endfor %}",
    "loses-contents",
  ],
  [
    "messages backwards",
    "{% for m in messages[::-1] %}{{ m.content }}{% endfor %}",
    "loses-contents",
  ],
  [
    "messages cut short",
    "{% for m in messages %}{{ m.content[:5] }}{% endfor %}",
    "loses-contents",
  ],
  [
    "messages escaped",
    "{% for m in messages %}{{ m.content | tojson }}{% endfor %}",
    "depends-on-contents",
  ],
  [
    "messages in capitals",
    "{% for m in messages %}{{ m.content | upper }}{% endfor %}",
    "depends-on-contents",
  ],
  [
    "messages that are measured",
    "{% for m in messages %}{{ m.content }}{% if m.content | length > 999 %}!{% endif %}{% endfor %}",
    "depends-on-contents",
  ],
  [
    "a text that grows",
    "{% set ns = namespace(x='ab') %}{% for i in range(24) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x }}",
    "too-long",
  ],
  [
    "marks of its own",
    "{% for m in messages %}{{ m.content }}\uf0a700\uf0a8{% endfor %}",
    "loses-contents",
  ],
])("%s: the family's template is used", async (_what, jinja, expected) => {
  const parts = { tokenizer: pip, renderer: rendererInThread };
  const { fault } = await createPromptWriter(templateFor(pip, jinja), parts);
  expect(fault).toBe(expected);
});

test("a program reaches nothing of JavaScript", () => {
  for (const expression of [
    "''.constructor",
    "[].constructor.constructor",
    "messages.__proto__",
    "messages[0].__proto__.constructor",
    "messages[0]['constructor']",
    "range.constructor",
    "raise_exception.call",
    "namespace().__proto__",
    "globalThis",
    "self",
    "fetch",
  ]) {
    const output = renderJinja(inputOf(`{{ (${expression}) is defined }}`));
    expect(["false", undefined]).toContain("text" in output ? output.text : undefined);
  }
});

test("a range is bounded, and is Python's", () => {
  const output = (call: string) => renderJinja(inputOf(`{{ range(${call}) | join(',') }}`));
  expect(output("3")).toEqual({ text: "0,1,2" });
  expect(output("5, 1, -2")).toEqual({ text: "5,3" });
  for (const call of ["100000", "0, 3, 0", "'3'", "0.5", ""])
    expect(output(call)).toEqual({ fault: "fails" });
});
