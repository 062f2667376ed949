import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import type { Version } from "../../client/versions/app-version.ts";
import { VersionNoticeView } from "./VersionNotice.tsx";

const nothing = () => undefined;

const html = (version: Version) =>
  renderToStaticMarkup(
    <VersionNoticeView version={version} onReload={nothing} onDismiss={nothing} />,
  );

test("a newer build is offered, and can be put off", () => {
  const notice = html({ is: "superseded", isReloading: false });
  expect(notice).toContain("A new version is here.");
  expect(notice).toMatch(/<button type="button">Reload<.*<button type="button">Later</);
});

test("while a reload waits it is said for what", () => {
  const notice = html({ is: "superseded", isReloading: true });
  expect(notice).toContain("as soon as no answer is being written");
  expect(notice).toMatch(/disabled=""[^>]*>Reload</);
});

test("a wait for another tab says what ends it, and after a while what else may", () => {
  expect(html({ is: "waiting", isLong: false })).not.toContain("close the other tabs");
  const notice = html({ is: "waiting", isLong: true });
  expect(notice).toContain("It goes on by itself");
  expect(notice).toContain("close the other tabs");
});

test("an outdated page's alert says it all", () => {
  expect(html({ is: "outdated", isReloading: false })).toBe("");
  expect(html({ is: "current" })).toBe("");
});
