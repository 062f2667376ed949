import { expect, test } from "vitest";
import { htmlOf } from "../locales/testing-html.tsx";
import { FirstVisitView } from "./FirstVisit.tsx";

test("three lines say what stays on this device, and can be dismissed", () => {
  const html = htmlOf(<FirstVisitView onDismiss={() => undefined} />);
  expect(html.match(/<li>/g)).toHaveLength(3);
  expect(html).toContain("Nothing of it is sent anywhere");
  expect(html).toContain('aria-label="Hide"');
});
