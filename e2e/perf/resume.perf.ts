import { test } from "../pages/kept-test.ts";
import { ALL_SCHEMES, measureResume, talk, type ResumeCase } from "./measure-resume.ts";

/** Recomputing 2,000 tokens takes a software adapter a quarter of a minute: fewer rounds then. */
const roundsOf = (tokens: number) => (tokens > 1000 ? 3 : 5);

/** A store about as slow as a software adapter computes Pip's rows: there a pipeline can show itself. */
const SLOW_MBPS = 0.5;

const LENGTHS = [250, 1000, 1800];
const LEVELS = ["exact", "balanced"] as const;

for (const tokens of LENGTHS)
  for (const level of LEVELS)
    test(`resuming ${tokens} tokens, ${level}`, async ({ profile }, testInfo) => {
      test.setTimeout(1_200_000);
      const chat = await profile.start();
      const asked: ResumeCase = { tokens, level, schemes: ALL_SCHEMES, rounds: roundsOf(tokens) };
      await talk(chat, asked);
      const fast = await measureResume(chat, asked);
      const slow = await measureResume(chat, { ...asked, readMBps: SLOW_MBPS });
      const body = JSON.stringify([...fast, ...slow]);
      await testInfo.attach("bench-rows", { body, contentType: "application/json" });
    });
