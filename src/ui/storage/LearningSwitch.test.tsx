import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { LearningSwitch } from "./LearningSwitch.tsx";

const htmlOf = (isOn: boolean) =>
  renderToStaticMarkup(<LearningSwitch isOn={isOn} onChange={() => undefined} />);

test("it is a switch, and what it means describes it", () => {
  const html = htmlOf(true);
  expect(html).toMatch(/<input type="checkbox" role="switch"[^>]* checked=""/);
  const [, describedBy = "none"] = /aria-describedby="([^"]+)"/.exec(html) ?? [];
  expect(html).toMatch(new RegExp(`<p id="${describedBy}">While you read.*in this browser`));
  expect(htmlOf(false)).not.toContain("checked");
});
