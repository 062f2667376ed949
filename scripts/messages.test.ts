import { getCatalogs } from "@lingui/cli/api";
import { getConfig } from "@lingui/conf";
import { expect, test } from "vitest";

test("the catalogues have just the sentences that are in the code: else run `npm run messages`", async () => {
  const [catalog] = await getCatalogs(getConfig());
  if (!catalog) throw new Error("lingui.config.ts names a catalogue");
  const inCode = Object.keys((await catalog.collect()) ?? {}).sort();
  expect(inCode.length).toBeGreaterThan(0);
  for (const messages of Object.values(await catalog.readAll()))
    expect(Object.keys(messages).sort()).toEqual(inCode);
});
