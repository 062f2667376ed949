import { describe, expect } from "vitest";
import { expectClose } from "../../device/expect-close.ts";
import { deviceTest } from "../../device/testing.ts";
import { decodeFloats } from "../../shared/number-formats.ts";
import { contextLimits } from "../../engine/turn/context-window.ts";
import {
  behindEarlierHistory,
  loadRepositioningProbe,
  talkUpTo,
  type RepositioningProbe,
} from "./context-overflow.ts";
import { deviationFrom, freshReply } from "../reply-deviation.ts";
import {
  RECALL_CONVERSATIONS,
  recalls,
  tellingMessage,
} from "../../engine/testing/recall-testing.ts";

/**
 * Mean KL over a question and its answer, in nats. Measured (`npm run bench -- context-overflow`): 0.0006
 * after one cut, 0.0017 after several, 0.006 in the worst conversation. Keys that are not rotated give 1.2, and the
 * missing text itself gives 0.01 to 0.05.
 */
const CLOSE = 0.01;

const TIMEOUT_MS = 300_000;

/** A conversation that outgrows its window at its last question, and fits again without what came before. */
async function overflowing(probe: RepositioningProbe) {
  const conversation = RECALL_CONVERSATIONS[1];
  if (!conversation) throw new Error("there is no such conversation");
  const messages = behindEarlierHistory(probe, conversation, 0.8);
  const whole = probe.tokensOf(messages).length;
  const asked = await talkUpTo(probe, messages, contextLimits(Math.floor((whole * 8) / 7) - 2));
  // The messages that are kept tell the fact.
  const told = messages.length - conversation.messages.length + tellingMessage(conversation);
  expect(asked.prompt.droppedMessages).toBeGreaterThan(0);
  expect(asked.prompt.droppedMessages).toBeLessThanOrEqual(told);
  return { conversation, ...asked };
}

describe("Pip in a conversation that outgrows its window", () => {
  deviceTest(
    "goes on from moved rows as from a fresh prefill",
    async ({ hardware }) => {
      const probe = await loadRepositioningProbe(hardware);
      const { conversation, prompt, history, question } = await overflowing(probe);
      const before = await probe.save();
      probe.forget();
      await probe.fill(history);
      const fresh = await freshReply(probe, question);
      expect(recalls(fresh.text, conversation)).toBe(true);

      probe.putBack(before);
      expect(probe.reposition(prompt)).toBe(true);
      await probe.fill(history);
      const moved = await deviationFrom(fresh, probe, question);
      expect(moved.kl).toBeLessThan(CLOSE);
      expect(moved.kl).toBeGreaterThan(0);
      expect(moved.text).toBe(fresh.text);

      // Rows that are only copied show that a deviation is noticed where there is one.
      probe.putBack(before);
      expect(probe.reposition(prompt, { turning: false })).toBe(true);
      await probe.fill(history);
      const unturned = await deviationFrom(fresh, probe, question);
      expect(unturned.kl).toBeGreaterThan(10 * CLOSE);
    },
    TIMEOUT_MS,
  );

  deviceTest(
    "the first layer's rows, which see no other token, are those of a fresh prefill",
    async ({ hardware }) => {
      const probe = await loadRepositioningProbe(hardware);
      const { prompt, history } = await overflowing(probe);
      expect(probe.reposition(prompt)).toBe(true);
      const tokens = probe.resident.length;
      const [moved] = (await probe.save()).layers;
      probe.forget();
      await probe.fill(history);
      const [fresh] = (await probe.save()).layers;
      const { keys, values } = split(fresh, tokens);
      const found = split(moved, tokens);
      expect(found.values).toEqual(values);
      // Fresh keys are rounded to f16 once and moved keys twice. WGSL's conversion may take either neighbour, so each
      // rounding is off by up to a step of a pair of channels, whose length is up to √2 times the largest key.
      const peak = keys.reduce((most, key) => Math.max(most, Math.abs(key)), 0);
      expectClose(found.keys, keys, { atol: 3 * Math.SQRT2 * 2 ** -10 * peak, rtol: 0 });
    },
    TIMEOUT_MS,
  );

  deviceTest(
    "with nothing dropped nothing changes, to the bit",
    async ({ hardware }) => {
      const probe = await loadRepositioningProbe(hardware);
      const [conversation] = RECALL_CONVERSATIONS.slice(1);
      const { prompt, question } = await talkUpTo(
        probe,
        conversation?.messages ?? [],
        contextLimits(2048),
      );
      expect(prompt.droppedMessages).toBe(0);
      const before = await probe.save();
      const fresh = await freshReply(probe, question);

      expect(probe.reposition(prompt)).toBe(false);
      expect((await probe.save()).layers).toEqual(before.layers);
      const again = await freshReply(probe, question);
      expect(again).toEqual(fresh);
    },
    TIMEOUT_MS,
  );
});

/** Number of channels of a position's keys, and of its values. */
const PIP_CHANNELS = 64;

/** Split a layer's rows [tokens, 2, channels] f16 into keys and values. */
function split(rows: Uint8Array | undefined, tokens: number) {
  const numbers = decodeFloats(rows ?? new Uint8Array(), "f16");
  const inRows = numbers.subarray(0, tokens * 2 * PIP_CHANNELS);
  return {
    keys: inRows.filter((_, i) => Math.floor(i / PIP_CHANNELS) % 2 === 0),
    values: inRows.filter((_, i) => Math.floor(i / PIP_CHANNELS) % 2 === 1),
  };
}
