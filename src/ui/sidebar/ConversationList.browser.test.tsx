import { createRoot, type Root } from "react-dom/client";
import { afterEach, expect, test, vi } from "vitest";
import { listOf } from "./testing-list.tsx";

let root: Root | undefined;
const page = document.createElement("div");
afterEach(() => {
  root?.unmount();
  page.remove();
});

/** The link of one conversation, "one", and the events that it reports. */
async function showLink() {
  const told: string[] = [];
  const tell = (what: string) => (id: string) => void told.push(`${what} ${id}`);
  document.body.append(page);
  root = createRoot(page);
  root.render(
    listOf([{ id: "one", title: "First", createdAtMs: 0, updatedAtMs: 0, headId: null }], {
      hover: tell("hover"),
      press: tell("press"),
      leave: tell("leave"),
    }),
  );
  const link = await vi.waitFor(() => {
    const found = page.querySelector("a");
    if (!found) throw new Error("not rendered");
    return found;
  });
  const point = (type: string, pointerType: string) =>
    link.dispatchEvent(new PointerEvent(type, { pointerType, bubbles: true }));
  return { link, point, told };
}

test.each(["mouse", "pen"])("a %s that is over a link, and then not", async (pointerType) => {
  const { point, told } = await showLink();
  point("pointerover", pointerType);
  point("pointerdown", pointerType);
  point("pointerout", pointerType);
  expect(told).toEqual(["hover one", "press one", "leave one"]);
});

test("a finger tells when it presses", async () => {
  const { point, told } = await showLink();
  point("pointerover", "touch");
  point("pointerdown", "touch");
  point("pointerout", "touch");
  expect(told).toEqual(["press one"]);
});

test("the focus on a link, and then not", async () => {
  const { link, told } = await showLink();
  link.focus();
  link.blur();
  expect(told).toEqual(["hover one", "leave one"]);
});
