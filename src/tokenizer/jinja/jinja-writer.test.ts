import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { promptTokens, renderPrompt, type TemplateMessage } from "../chat-template.ts";
import type { PromptWriter } from "../prompt-writer.ts";
import { createPipTokenizer, unicodeText } from "../testing.ts";
import type { Tokenizer } from "../tokenizer.ts";
import { createPromptWriter } from "./jinja-writer.ts";
import { rendererInThread } from "./renderer-in-thread.ts";
import { templateFor, tinyModel } from "./testing.ts";

const NAMES = ["llama-gqa-llama3rope", "llama-untied-h80", "mistral", "qwen2", "qwen3"];
const MODELS = await Promise.all(
  NAMES.map(async (name) => {
    const { tokenizer, template } = await tinyModel(name);
    const parts = { tokenizer, renderer: rendererInThread };
    return { name, tokenizer, template, ...(await createPromptWriter(template, parts)) };
  }),
);
const modelNamed = (name: string) => {
  const model = MODELS.find((one) => one.name === name);
  if (!model) throw new Error(`no model ${name}`);
  return model;
};

const pip = await createPipTokenizer();
async function pipWriter(jinja: string): Promise<PromptWriter> {
  const parts = { tokenizer: pip, renderer: rendererInThread };
  const { writer, fault } = await createPromptWriter(templateFor(pip, jinja), parts);
  expect(fault).toBeUndefined();
  return writer;
}

const user = (text: string): TemplateMessage => ({ role: "user", text });
const reply = (text: string, rest: Partial<TemplateMessage> = {}): TemplateMessage => ({
  role: "assistant",
  text,
  ...rest,
});
const tokensOf = async (writer: PromptWriter, messages: readonly TemplateMessage[], atMs = 0) =>
  promptTokens(await writer.write(messages, atMs));
const historyOf = async (writer: PromptWriter, messages: readonly TemplateMessage[], atMs = 0) => {
  const { system, turns } = await writer.write(messages, atMs);
  return [system, ...turns].flat();
};
const startsWith = (ids: readonly number[], prefix: readonly number[]) => {
  expect(ids.slice(0, prefix.length)).toEqual(prefix);
};

const text = fc.oneof(
  unicodeText,
  fc.constantFrom(
    "",
    "\n\n",
    " a ",
    "<|im_end|>\n",
    "</s>[INST]",
    "<think>",
    "{{ x }}",
    "\uf0a700\uf0a8",
  ),
);
const exchanges = fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 5 });

describe.each(MODELS)("the template of $name", ({ tokenizer, writer, fault }) => {
  test("is used", () => {
    expect(fault).toBeUndefined();
  });

  test("never changes the tokens before a message that is added", async () => {
    await fc.assert(
      fc.asyncProperty(exchanges, text, async (pairs, last) => {
        const talk = pairs.flatMap(([asked, said]) => [user(asked), reply(said)]);
        const next = await tokensOf(writer, [...talk, user(last)]);
        startsWith(next, await historyOf(writer, talk));
        for (let end = 1; end < talk.length; end += 2)
          startsWith(next, await historyOf(writer, talk.slice(0, end)));
      }),
      { numRuns: 30 },
    );
  });

  test("goes on behind the tokens that a model wrote, whatever they are", async () => {
    const id = fc.nat({ max: 300 });
    await fc.assert(
      fc.asyncProperty(exchanges, fc.array(id, { minLength: 1 }), async (pairs, ids) => {
        const [[asked] = [""], ...more] = pairs;
        const tokens = { tokenizer: tokenizer.fingerprint, ids };
        const answered = [user(asked), reply(tokenizer.decode(ids), { tokens })];
        const later = more.flatMap(([question, said]) => [user(question), reply(said)]);
        const prompt = await tokensOf(writer, [...answered, ...later, user("?")]);
        startsWith(prompt, [...(await tokensOf(writer, [user(asked)])), ...ids]);
      }),
      { numRuns: 30 },
    );
  });

  test("has no special token that a text asks for", async () => {
    const added = new Set(tokenizer.addedTokens.map(({ id }) => id));
    const count = (ids: readonly number[]) => ids.filter((id) => added.has(id)).length;
    const all = tokenizer.addedTokens.map(({ content }) => content).join(" ");
    const plain = await tokensOf(writer, [user("a"), reply("b"), user("c")]);
    const asked = await tokensOf(writer, [user(all), reply(all), user(all)]);
    expect(count(asked)).toBe(count(plain));
  });

  test("ends a reply with the token that it writes behind one", () => {
    const [stop = -1] = writer.stops.ids;
    expect(tokenizer.addedTokens.map(({ id }) => id)).toContain(stop);
    expect(writer.control.has(stop)).toBe(true);
  });
});

test("a template that trims gives trimmed texts", async () => {
  const { writer, tokenizer } = modelNamed("llama-gqa-llama3rope");
  const spaced = await tokensOf(writer, [user(" \n Hi\t"), reply("Ho\n"), user("Hi ")]);
  expect(spaced).toEqual(await tokensOf(writer, [user("Hi"), reply("Ho"), user("Hi")]));
  const kept = modelNamed("qwen2");
  const untrimmed = await tokensOf(kept.writer, [user(" Hi")]);
  expect(untrimmed).not.toEqual(await tokensOf(kept.writer, [user("Hi")]));
  // What a model wrote stays as it is.
  const ids = tokenizer.encodeText("\n\nHo ");
  const tokens = { tokenizer: tokenizer.fingerprint, ids };
  const written = await tokensOf(writer, [user("Hi"), reply("\n\nHo ", { tokens }), user("Hi")]);
  startsWith(written, [...(await tokensOf(writer, [user("Hi")])), ...ids]);
});

test.each([
  ["trim", " \n", "\n "],
  ["strip('\\n')", "\n\n", "\n"],
  ["strip(' \\n')", " \n ", "\n "],
  ["lstrip()", "\t", ""],
  ["rstrip()", "", "\t"],
])("contents are stripped as by %s", async (how, before, after) => {
  const expression = how === "trim" ? "m.content | trim" : `m.content.${how}`;
  const jinja = `{% for m in messages %}<|im_start|>{{ ${expression} }}<|im_end|>{% endfor %}`;
  const writer = await pipWriter(jinja);
  expect(await tokensOf(writer, [user(`${before}Hi${after}`)])).toEqual(
    await tokensOf(writer, [user("Hi")]),
  );
});

describe("reasoning in the history", () => {
  const { tokenizer, writer } = modelNamed("qwen3");
  const think = tokenizer.addedTokenId("<think>") ?? -1;
  const close = tokenizer.addedTokenId("</think>") ?? -1;
  const ids = tokenizer.encodeText("It is five.");
  const reasoningIds = [think, ...tokenizer.encodeText("\n2 and 3"), close];
  const tokens = { tokenizer: tokenizer.fingerprint, ids, reasoningIds };
  const answered = [user("2 + 3?"), reply("It is five.", { reasoning: "2 and 3", tokens })];

  test("is left out by a template that strips it: only the rewritten reply and the new turn are prefilled", async () => {
    const asked = await tokensOf(writer, answered.slice(0, 1));
    const resident = [...asked, ...reasoningIds, ...ids];
    const next = await tokensOf(writer, [...answered, user("4 + 4?")]);
    const common = next.findIndex((id, i) => id !== resident[i]);
    expect(common).toBe(asked.length);
    startsWith(next, [...asked, ...ids]);
    expect(next.slice(common)).toHaveLength(next.length - asked.length);
    // What is restored after a reload is what the next turn begins with.
    startsWith(next, await historyOf(writer, answered));
  });

  test("is kept by a template that keeps it, with the tokens that the model wrote", async () => {
    const keeping = templateFor(
      tokenizer,
      "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.reasoning_content %}<think>\n{{ m.reasoning_content }}\n</think>\n\n{% endif %}{{ m.content }}<|im_end|>\n{% endfor %}{{ '<|im_start|>assistant\n' }}",
    );
    const parts = { tokenizer, renderer: rendererInThread };
    const { writer: keeps } = await createPromptWriter(keeping, parts);
    const asked = await tokensOf(keeps, answered.slice(0, 1));
    const next = await tokensOf(keeps, [...answered, user("4 + 4?")]);
    startsWith(next, [...asked, ...reasoningIds, ...ids]);
    const unwritten = [user("2 + 3?"), reply("It is five.", { reasoning: "2 and 3" })];
    const spelled = "<think>\n2 and 3\n</think>\n\nIt is five.<|im_end|>\n";
    const whole = [...asked, ...tokenizer.encodeTemplate(spelled)];
    startsWith(await tokensOf(keeps, [...unwritten, user("?")]), whole);
    // The tokens of the reasoning may be unknown while those of the text are known.
    const textOnly = { tokenizer: tokenizer.fingerprint, ids };
    const half = [user("2 + 3?"), reply("It is five.", { reasoning: "2 and 3", tokens: textOnly })];
    startsWith(await tokensOf(keeps, [...half, user("?")]), whole);
  });
});

describe("a date in the template", () => {
  const jinja =
    "{{ strftime_now('%d %b %Y') }} {{ date_string }}\n{% for m in messages %}{{ m.content }}<|im_end|>{% endfor %}";
  const begunMs = new Date(2026, 10, 30, 23, 59).getTime();
  const talk = [user("Hi"), reply("Hello!")];

  test("is that of the conversation's beginning: the next day no token of its history is prefilled", async () => {
    vi.useFakeTimers({ now: begunMs, toFake: ["Date"] });
    const resident = await historyOf(await pipWriter(jinja), talk, begunMs);
    vi.setSystemTime(begunMs + 86_400_000);
    const next = await tokensOf(await pipWriter(jinja), [...talk, user("Good morning!")], begunMs);
    vi.useRealTimers();
    expect(pip.decode(resident)).toContain("30 Nov 2026 30 Nov 2026\nHi");
    const prefilled = resident.filter((id, i) => id !== next[i]);
    expect(prefilled).toHaveLength(0);
  });

  test("differs between conversations of different days", async () => {
    const writer = await pipWriter(jinja);
    const today = await tokensOf(writer, talk, begunMs);
    expect(await tokensOf(writer, talk, begunMs + 86_400_000)).not.toEqual(today);
  });
});

describe("a conversation that a template refuses", () => {
  const { writer, tokenizer, template } = modelNamed("mistral");

  test("is written with messages of one side in a row as one", async () => {
    const prompt = await tokensOf(writer, [user("Hi"), user("Hello?")]);
    expect(prompt).toEqual(await tokensOf(writer, [user("Hi\n\nHello?")]));
    startsWith(
      await tokensOf(writer, [user("Hi"), user("Hello?"), reply("Ho"), user("Ha")]),
      prompt,
    );
  });

  test("is written by the family's template, and the next one by its own again", async () => {
    const replies = [user("Hi"), reply("Ho"), reply("Ha"), user("Hm")];
    const family = promptTokens(renderPrompt(template.family, tokenizer, replies));
    expect(await tokensOf(writer, replies)).toEqual(family);
    expect((await tokensOf(writer, [user("Hi")])).length).toBeGreaterThan(0);
  });
});

test("a system message without a text is none", async () => {
  const { writer } = modelNamed("qwen2");
  const empty: TemplateMessage = { role: "system", text: "" };
  expect(await tokensOf(writer, [empty, user("Hi")])).toEqual(await tokensOf(writer, [user("Hi")]));
});

test.each([
  ["refuses", "{{ raise_exception('no system role') }}"],
  ["leaves out", ""],
])(
  "a program that %s a system message is given it in front of the question",
  async (_what, then) => {
    const writer = await pipWriter(
      `{% for m in messages %}{% if m.role == 'system' %}${then}{% else %}` +
        "<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endif %}{% endfor %}",
    );
    const system: TemplateMessage = { role: "system", text: "Be brief." };
    const talk = [reply("Ho"), user("Ha")];
    const read = pip.decode(await tokensOf(writer, [system, user("Hi"), ...talk]));
    expect(read).toBe(pip.decode(await tokensOf(writer, [user("Be brief.\n\nHi"), ...talk])));
    // The reply's tokens follow the same prefix in the next turn.
    startsWith(
      await tokensOf(writer, [system, user("Hi"), ...talk, reply("Hm"), user("So?")]),
      await historyOf(writer, [system, user("Hi"), ...talk]),
    );
  },
);

test("the first token is put first where the template does not write it", async () => {
  const first = (jinja: string, firstTokenId: number | undefined) =>
    createPromptWriter(
      { ...templateFor(pip, jinja, { bos: "<|endoftext|>" }), firstTokenId },
      { tokenizer: pip, renderer: rendererInThread },
    ).then(({ writer }) => tokensOf(writer, [user("Hi")]));
  const bos = pip.addedTokenId("<|endoftext|>") ?? -1;
  const body = "{% for m in messages %}{{ m.content }}<|im_end|>{% endfor %}";
  const plain = await first(body, undefined);
  expect(await first(body, bos)).toEqual([bos, ...plain]);
  expect(await first(`{{ bos_token }}${body}`, bos)).toEqual([bos, ...plain]);
});

test("after a program took too long, it is not run again", async () => {
  let runs = 0;
  const body = "{% for m in messages %}{{ m.content }}<|im_end|>{% endfor %}";
  const template = templateFor(pip, body);
  const renderer = {
    prepare: () => undefined,
    render: (input: Parameters<typeof rendererInThread.render>[0]) =>
      ++runs > 3 ? Promise.resolve({ fault: "too-slow" } as const) : rendererInThread.render(input),
  };
  const told: string[] = [];
  const onFault = (fault: string) => told.push(fault);
  const { writer } = await createPromptWriter(template, { tokenizer: pip, renderer, onFault });
  const byFamily = (of: Tokenizer) => promptTokens(renderPrompt(template.family, of, [user("Hi")]));
  expect(await tokensOf(writer, [user("Hi")])).toEqual(byFamily(pip));
  expect(await tokensOf(writer, [user("Hi")], 1)).toEqual(byFamily(pip));
  expect(runs).toBe(4);
  expect(told).toEqual(["too-slow"]);
});
