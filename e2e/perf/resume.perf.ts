import { perfReport } from "./report/perf-report.ts";
import { browserOf, measureResume, settle } from "./measure-resume.ts";
import { CASES, titleOf } from "./perf-cases.ts";
import { test } from "./perf-test.ts";

for (const asked of CASES)
  test(titleOf(asked), async ({ heldConversations }, testInfo) => {
    test.setTimeout(3_600_000);
    const { profile, ...conversations } = await heldConversations(asked.model, asked.tokens);
    const chat = await profile.start();
    await settle(chat, asked, conversations);
    const rows = await measureResume(chat, asked, conversations);
    const body = JSON.stringify(perfReport({ rows }, await browserOf(chat)));
    await profile.close();
    await testInfo.attach("perf-report", { body, contentType: "application/json" });
  });
