import { expect, test, vi } from "vitest";
import { ScreenWakeLock } from "./wake-lock.ts";

const settled = () => new Promise((resolve) => setTimeout(resolve));

function screen() {
  const release = vi.fn(() => Promise.resolve());
  const request = vi.fn(() => Promise.resolve({ release } as unknown as WakeLockSentinel));
  const document = { visibilityState: "visible" as DocumentVisibilityState };
  return {
    release,
    request,
    document,
    lock: new ScreenWakeLock({ wakeLock: { request } }, document),
  };
}

test("the screen is kept on once, and let go", async () => {
  const { lock, request, release } = screen();
  lock.want(true);
  lock.want(true);
  await settled();
  expect(request).toHaveBeenCalledTimes(1);
  lock.want(false);
  await settled();
  expect(release).toHaveBeenCalledTimes(1);
});

test("a page that was hidden asks again when it is seen", async () => {
  const { lock, request, document } = screen();
  lock.want(true);
  await settled();
  document.visibilityState = "hidden";
  lock.want(true);
  await settled();
  expect(request).toHaveBeenCalledTimes(1);
  document.visibilityState = "visible";
  lock.want(true);
  await settled();
  expect(request).toHaveBeenCalledTimes(2);
});

test("a refusal, or a browser without wake locks, harms nothing", async () => {
  const { lock, request } = screen();
  request.mockRejectedValueOnce(new DOMException("", "NotAllowedError"));
  lock.want(true);
  lock.want(true);
  await settled();
  expect(request).toHaveBeenCalledTimes(2);
  new ScreenWakeLock({}, { visibilityState: "visible" }).want(true);
  await settled();
});
