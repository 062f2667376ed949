import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { DEVICE_CHOICES } from "../../client/models/device-setting.ts";
import type { DeviceChoice } from "../../protocol/engine-api.ts";
import { DeviceSelect } from "./DeviceSelect.tsx";
import { deviceName } from "./device-words.ts";

const htmlOf = (choice: DeviceChoice, hasCard?: boolean, notes: string[] = []) =>
  renderToStaticMarkup(
    <DeviceSelect choice={choice} hasCard={hasCard} notes={notes} onChange={() => undefined} />,
  );

test("all choices are there, and what the chosen one means describes it", () => {
  for (const choice of DEVICE_CHOICES) {
    const html = htmlOf(choice, true, ["It is quick."]);
    expect(html.match(/<option/g)).toHaveLength(3);
    expect(html).toContain(`<option value="${choice}" selected="">${deviceName(choice)}</option>`);
    const [, describedBy = "none"] = /aria-describedby="([^"]+)"/.exec(html) ?? [];
    expect(html).toMatch(new RegExp(`<p id="${describedBy}">[A-Z].*\\. It is quick\\.</p>`));
  }
});

test("automatic says what it means here", () => {
  expect(htmlOf("auto", true)).toContain("Here models run on the graphics card.");
  expect(htmlOf("auto", false)).toContain("Here models run on the processor, because");
  expect(htmlOf("auto")).not.toContain("Here models");
});

test("a graphics card that is not there is not promised", () => {
  expect(htmlOf("gpu", false)).toContain("offers no graphics card here");
  expect(htmlOf("gpu", true)).not.toContain("offers no graphics card here");
});

test("what a change means for conversations is said", () => {
  expect(htmlOf("auto")).toContain("conversations go on. Only caches of the quality exact");
});
