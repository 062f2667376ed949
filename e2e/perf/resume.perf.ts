import { perfReport } from "./report/perf-report.ts";
import { browserOf, measureResume, settle } from "./measure-resume.ts";
import { CASES, casesOfFile, titleOf, type PerfCase } from "./perf-cases.ts";
import { describeFile } from "./report/file-model.ts";
import { askedFile, isFile, numbersOf } from "./report/perf-models.ts";
import { test } from "./perf-test.ts";

const file = askedFile();

for (const asked of file === undefined ? CASES : casesOfFile(file))
  test(titleOf(asked), async ({ heldConversations }, testInfo) => {
    test.setTimeout(3_600_000);
    const { profile, ...conversations } = await heldConversations(asked.model, asked.tokens);
    const chat = await profile.start();
    await settle(chat, asked, conversations);
    const rows = await measureResume(chat, asked, conversations);
    const body = JSON.stringify(
      perfReport({ rows, ...(await modelsOf(asked)) }, await browserOf(chat)),
    );
    await profile.close();
    await testInfo.attach("perf-report", { body, contentType: "application/json" });
  });

/** What the rows of a model's file cost. Those of the other models are known. */
async function modelsOf({ model }: PerfCase) {
  if (!isFile(model)) return {};
  return { models: { [model]: numbersOf((await describeFile()).config) } };
}
