import { expect } from "@playwright/test";
import { hindrances } from "./pages/axe.ts";
import { test } from "./pages/kept-test.ts";
import { ModelHub, SMALL_MODEL } from "./pages/model-hub.ts";
import { ModelPicker } from "./pages/model-picker.ts";
import { SHIPPED } from "./pages/servers.ts";

test.use({ baseURL: SHIPPED.url });

const ADDRESS = `?temperature=0&model=${SMALL_MODEL}`;

/** Requests that a service worker makes would not be seen. */
const NO_WORKER = { serviceWorkers: "block" } as const;

test("a browser that was killed while it loaded a model does not load it again unasked", async ({
  profile,
}) => {
  const first = await profile.start(NO_WORKER);
  await ModelHub.serve(first.page.context());
  await first.page.context().route("**/params_shard_0.bin", () => new Promise(() => undefined));
  await first.goto(ADDRESS);
  await first.downloadButton.click();
  await expect(first.status).toHaveText(/^Loading/);
  const isMarked = () => first.page.evaluate(() => localStorage.getItem("rekindle.loading"));
  await expect.poll(isMarked).toContain("rekindle-test/small");
  // What is in localStorage reaches the disk within seconds.
  await first.page.waitForTimeout(6000);
  await profile.kill();

  const next = await profile.start(NO_WORKER);
  const hub = await ModelHub.serve(next.page.context());
  await next.goto(ADDRESS);
  const question = next.page.getByRole("region", { name: /^The page ended while it loaded/ });
  await expect(question).toContainText("small");
  await expect(question.getByRole("button")).toHaveText([
    "Try again",
    "Choose a smaller model",
    "Use Pip instead",
  ]);
  expect(hub.requests).toEqual([]);
  expect(await hindrances(next.page)).toEqual([]);
  await question.getByRole("button", { name: "Choose a smaller model" }).click();
  const picker = new ModelPicker(next.page);
  await expect(picker.dialog).toBeVisible();
  await picker.close();
  await question.getByRole("button", { name: "Use Pip instead" }).click();
  await next.ready();
  await expect(question).toHaveCount(0);

  await next.page.goto("about:blank");
  await next.goto(ADDRESS);
  await next.ready();
  await expect(question).toHaveCount(0);
});
