import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RenderedPrompt } from "../../tokenizer/chat-template.ts";
import { commonPrefix } from "../sequence/common-prefix.ts";
import {
  contextLimits,
  cutContext,
  fitPrompt,
  rowsToMove,
  type FittedPrompt,
  type PartSizes,
} from "./context-window.ts";

interface Message {
  role: "system" | "user" | "assistant";
  tokens: number;
  name: number;
}

/** A template with 2 tokens before a message and 1 after, and content tokens that tell messages apart. */
const OPENING = { system: [1, 2], user: [1, 3], assistant: [1, 4] };
const END = 5;

const turnIds = ({ role, tokens, name }: Message, opening: readonly number[] = OPENING[role]) => [
  ...opening,
  ...Array.from({ length: tokens }, (_, i) => name * 1000 + i),
  END,
];

function render(messages: readonly Message[]): RenderedPrompt {
  const turns = messages.filter(({ role }) => role !== "system");
  return {
    system: messages.filter(({ role }) => role === "system").flatMap((one) => turnIds(one)),
    turns: turns.map((turn) => turnIds(turn)),
    header: OPENING.assistant,
  };
}

/** Renders the first turn behind an opening of its own. */
function openedBy(messages: readonly Message[], opening: readonly number[]): RenderedPrompt {
  const { system, turns, header } = render(messages);
  const first = messages.find(({ role }) => role !== "system") ?? FIRST;
  return { system, turns: [turnIds(first, opening), ...turns.slice(1)], header };
}

const FIRST: Message = { role: "user", tokens: 0, name: 0 };

/** Names its messages 1, 2, … so that all of their tokens differ. */
const conversation = (...turns: [Message["role"], number][]): Message[] =>
  turns.map(([role, tokens], i) => ({ role, tokens, name: i + 1 }));

/** Exchanges of so many tokens each, in halves, the last one a user message alone. */
const exchanges = (count: number, tokens: number): [Message["role"], number][] =>
  Array.from({ length: 2 * count - 1 }, (_, i) => [
    i % 2 === 0 ? ("user" as const) : ("assistant" as const),
    tokens / 2 - 3,
  ]);

/** 96 positions: 12 for the reply, cuts down to 72. */
const LIMITS = contextLimits(96);

const writing = (write: (messages: readonly Message[]) => RenderedPrompt) => ({
  write,
  writesTurnsApart: true,
});

async function fitted(messages: readonly Message[], limits = LIMITS): Promise<FittedPrompt> {
  const prompt = await fitPrompt(messages, writing(render), limits);
  if (prompt === null) throw new Error("the prompt does not fit");
  return prompt;
}

const sizes = (system: number, ...turns: [string, number][]): PartSizes => ({
  system,
  turns: turns.map(([role, tokens]) => ({ role, tokens })),
  header: 2,
});

describe("the cut", () => {
  test("CW2: a prompt that leaves the reserve is left alone, to the last token", () => {
    const upTo = (tokens: number) =>
      sizes(10, ["user", 20], ["assistant", 20], ["user", tokens - 52]);
    expect(cutContext(upTo(84), LIMITS)).toEqual({ dropped: 0, droppedBefore: 0 });
    expect(cutContext(upTo(85), LIMITS)).toEqual({ dropped: 2, droppedBefore: 0 });
  });

  test("CW1, CW3: as few whole exchanges as bring it down to the target", () => {
    // 2 + 90 tokens; without the first 72, the target.
    const parts = sizes(0, ["user", 10], ["assistant", 10], ["user", 30], ["assistant", 30]);
    const asked = { ...parts, turns: [...parts.turns, { role: "user", tokens: 10 }] };
    expect(cutContext(asked, LIMITS)).toEqual({ dropped: 2, droppedBefore: 0 });
    const system = { ...asked, system: 1 };
    expect(cutContext(system, LIMITS)).toEqual({ dropped: 4, droppedBefore: 0 });
  });

  test("CW1: an exchange goes whole, with two replies or none", () => {
    const roles = ["assistant", "user", "user", "assistant", "assistant", "user", "user"];
    const lengths = [5, 5, 5, 5, 30, 20, 20];
    const parts = sizes(0, ...roles.map((role, i): [string, number] => [role, lengths[i] ?? 0]));
    expect(cutContext(parts, LIMITS)?.dropped).toBe(5);
  });

  test("CW3: no cut reaches the target, so the reserve is enough", () => {
    const parts = sizes(0, ["user", 10], ["assistant", 10], ["user", 4], ["assistant", 4]);
    const asked = { ...parts, turns: [...parts.turns, { role: "user", tokens: 73 }] };
    expect(cutContext(asked, LIMITS)?.dropped).toBe(2);
  });

  test("CW3: no cut leaves the reserve, so the last message stays alone", () => {
    const asked = sizes(3, ["user", 10], ["assistant", 10], ["user", 90]);
    expect(cutContext(asked, LIMITS)?.dropped).toBe(2);
  });

  test("CW6: no room for one token beside the last message, or beside the system part", () => {
    expect(cutContext(sizes(0, ["user", 93]), LIMITS)).not.toBeNull();
    expect(cutContext(sizes(0, ["user", 94]), LIMITS)).toBeNull();
    expect(cutContext(sizes(94, ["user", 5], ["assistant", 5], ["user", 5]), LIMITS)).toBeNull();
  });

  test("CW6: a message that was too long is dropped with the rest once another follows", () => {
    const parts = sizes(0, ["user", 5], ["assistant", 5], ["user", 200], ["user", 5]);
    expect(cutContext(parts, LIMITS)).toEqual({ dropped: 3, droppedBefore: 0 });
  });

  test("CW4, CW5: the cut stays while the conversation grows, then moves on", async () => {
    const cuts = Array.from({ length: 12 }, async (_, count) => {
      const { droppedMessages } = await fitted(
        conversation(["system", 1], ...exchanges(count + 1, 16)),
      );
      return droppedMessages;
    });
    expect(await Promise.all(cuts)).toEqual([0, 0, 0, 0, 0, 4, 4, 8, 8, 12, 12, 16]);
  });

  test("CW5: an answered conversation is cut as it was for its last question", async () => {
    const asked = conversation(["system", 1], ...exchanges(6, 16));
    const answered = [...asked, { role: "assistant" as const, tokens: 60, name: 99 }];
    expect((await fitted(asked)).droppedMessages).toBe(4);
    expect((await fitted(answered)).droppedMessages).toBe(4);
    expect((await fitted(answered)).parts.turns).toHaveLength(8);
  });

  test("CW2, CW3, CW4: whatever the sizes, the prompt fits and the cut only moves forward", () => {
    const size = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(fc.nat(30), fc.array(size, { minLength: 1, maxLength: 40 }), (system, turns) => {
        const parts = sizes(
          system,
          ...turns.map((tokens, i): [string, number] => [i % 2 ? "assistant" : "user", tokens]),
        );
        let before = 0;
        for (let asked = 1; asked <= turns.length; asked += 2) {
          const prompt = { ...parts, turns: parts.turns.slice(0, asked) };
          const cut = cutContext(prompt, LIMITS);
          if (cut === null) throw new Error("it always fits: 30 + 40 + 2 tokens at most");
          const kept = prompt.turns.slice(cut.dropped).reduce((sum, turn) => sum + turn.tokens, 0);
          expect(system + kept + 2).toBeLessThanOrEqual(84);
          expect(cut.droppedBefore).toBe(before);
          expect(cut.dropped).toBeGreaterThanOrEqual(before);
          expect(cut.dropped % 2).toBe(0);
          before = cut.dropped;
        }
      }),
    );
  });
});

describe("the prompt", () => {
  const messages = conversation(["system", 4], ...exchanges(7, 16));

  test("CW1: the system part, the kept turns and the header, in order", async () => {
    const { tokens, parts, droppedMessages, before } = await fitted(messages);
    const [system] = messages;
    if (!system) throw new Error("no system message");
    expect(droppedMessages).toBe(4);
    expect(tokens).toEqual([
      ...turnIds(system),
      ...messages.slice(5).flatMap((message) => turnIds(message)),
      ...OPENING.assistant,
    ]);
    expect(parts.turns).toHaveLength(9);
    // The cut was there before.
    expect(before).toEqual({ tokens, shift: 0 });
  });

  test("a first turn that its template opens in another way is rendered as the first", async () => {
    // In Llama 2 the system part has opened the first user turn already.
    const prompt = await fitPrompt(
      messages,
      writing((all) => openedBy(all, [])),
      LIMITS,
    );
    expect(prompt?.parts.turns[0]).toEqual(turnIds(messages[5] ?? FIRST, []));
  });
});

describe("CW8: a reply that goes on", () => {
  const asked = sizes(4, ["user", 20], ["assistant", 20], ["user", 20]);

  test("moves no cut as long as there is room for one token", () => {
    expect(cutContext({ ...asked, reply: 29 }, LIMITS)).toEqual({ dropped: 0, droppedBefore: 0 });
  });

  test("makes room where there is none, and has none where only its own exchange is left", () => {
    expect(cutContext({ ...asked, reply: 30 }, LIMITS)).toEqual({ dropped: 2, droppedBefore: 0 });
    expect(cutContext({ ...asked, reply: 69 }, LIMITS)).toEqual({ dropped: 2, droppedBefore: 0 });
    expect(cutContext({ ...asked, reply: 70 }, LIMITS)).toBeNull();
  });

  test("stands at the end of the prompt, and its rows move with the others", async () => {
    const messages = conversation(["user", 20], ["assistant", 20], ["user", 20]);
    const reply = Array.from({ length: 40 }, (_, i) => 1000 + i);
    const cut = await fitPrompt(messages, writing(render), LIMITS, () => reply);
    if (!cut) throw new Error("the prompt does not fit");
    expect(cut.droppedMessages).toBe(2);
    expect(cut.tokens.slice(-40)).toEqual(reply);
    const moved = rowsToMove(cut.before.tokens, cut);
    expect((moved?.to ?? 0) + (moved?.tokens ?? 0)).toBe(cut.tokens.length - 1);
  });
});

const prompt = await fitted(conversation(["system", 4], ...exchanges(6, 16)));

describe("CW7: rows to move", () => {
  const grown = conversation(["system", 4], ...exchanges(6, 16));
  /** What the cache holds after the turn before: the prompt without the last message and the header. */
  const resident = prompt.before.tokens.slice(0, -13);

  test("what is kept moves to the end of what stays, and is the new prompt there", () => {
    const move = rowsToMove(resident, prompt);
    // Two exchanges of 16 went. What stays: the system part of 7 and the opening of a user turn.
    expect(move).toEqual({ from: 9 + 32, to: 9, tokens: resident.length - 41 });
    const cache = resident.slice();
    if (move) cache.splice(move.to, cache.length, ...resident.slice(move.from));
    expect(prompt.tokens.slice(0, cache.length)).toEqual(cache);
  });

  test("without a system part the template's first tokens stay", async () => {
    const bare = await fitted(conversation(...exchanges(7, 14)));
    expect(bare.before.shift).toBeGreaterThan(0);
    expect(rowsToMove(bare.before.tokens, bare)).toMatchObject({ to: 2 });
  });

  test("behind another opening: the tokens that are the same move, and none if it is in the way", async () => {
    const shorter = await fitPrompt(
      grown,
      writing((all) => openedBy(all, [])),
      LIMITS,
    );
    expect(shorter && rowsToMove(shorter.before.tokens, shorter)).toMatchObject({
      from: 7 + 32,
      to: 7,
    });

    const greeted = conversation(["assistant", 10], ...exchanges(5, 16));
    const openings = { system: [], user: [6], assistant: [7] };
    const other = await fitPrompt(
      greeted,
      writing((all) => openedBy(all, openings[all[0]?.role ?? "user"])),
      LIMITS,
    );
    expect(other?.before.shift).toBeGreaterThan(0);
    expect(other && rowsToMove(other.before.tokens, other)).toBeNull();
  });

  test("nothing is dropped: nothing moves", async () => {
    const short = await fitted(grown.slice(0, 8));
    expect(rowsToMove(short.tokens, short)).toBeNull();
  });

  test("the cache holds the new prompt already, as for a regenerated reply: nothing moves", () => {
    expect(rowsToMove([...prompt.tokens, 9, 9], prompt)).toBeNull();
  });

  test("the cache holds something else from before the cut on: nothing moves", () => {
    expect(rowsToMove([], prompt)).toBeNull();
    expect(rowsToMove(resident.with(20, 9), prompt)).toBeNull();
  });

  test("the cache holds another end: only what is the same moves", () => {
    expect(rowsToMove(resident.with(60, 9), prompt)).toMatchObject({ tokens: 60 - 41 });
  });

  test("the last token of the prompt does not move: it is run for its logits", () => {
    const move = rowsToMove(prompt.before.tokens, prompt);
    expect(move && move.to + move.tokens).toBe(prompt.tokens.length - 1);
  });

  test("whatever the conversation and the cache: moved rows are those of the new prompt", async () => {
    const size = fc.integer({ min: 0, max: 20 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(size, { minLength: 3, maxLength: 30 }),
        fc.nat(100),
        async (turns, held) => {
          const all = turns.slice(0, turns.length - ((turns.length + 1) % 2));
          const cut = await fitted(
            conversation(
              ...all.map((n, i): [Message["role"], number] => [i % 2 ? "assistant" : "user", n]),
            ),
          );
          const cache = cut.before.tokens.slice(0, held);
          const move = rowsToMove(cache, cut);
          if (!move) return;
          const { from, to, tokens } = move;
          expect(from + tokens).toBeLessThanOrEqual(cache.length);
          expect(commonPrefix(cache, cut.tokens)).toBe(to);
          expect(cache.slice(from, from + tokens)).toEqual(cut.tokens.slice(to, to + tokens));
        },
      ),
    );
  });
});
