import { expect, test } from "vitest";
import { htmlOf } from "../locales/testing-html.tsx";
import { EraseSettingsView } from "./EraseSettings.tsx";

test("everything that is kept is listed with what it takes, and nothing is chosen yet", () => {
  const html = htmlOf(
    <EraseSettingsView
      kept={[
        { kind: "conversations", count: 3, messages: 8 },
        { kind: "models", bytes: 9.3e6 },
      ]}
    />,
  );
  expect(html.match(/type="checkbox"/g)).toHaveLength(2);
  expect(html).not.toContain("checked");
  expect(html).toContain("3 conversations, 8 messages");
  expect(html).toContain("9.3 MB");
  const [selected, everything] = html.match(/<button[^>]*>/g) ?? [];
  expect(selected).toContain("disabled");
  expect(everything).not.toContain("disabled=");
});
