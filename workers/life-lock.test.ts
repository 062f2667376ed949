import { expect, test, vi } from "vitest";
import { holdLifeLock } from "./life-lock.ts";

test("the page is told once the lock is held, and it is never let go", async () => {
  let grant = () => {};
  const request = vi.fn((_name: string, granted: unknown) => {
    return new Promise<void>((resolve) => {
      grant = () => void Promise.resolve((granted as () => unknown)()).then(() => resolve());
    });
  });
  const tellPage = vi.fn();
  const released = vi.fn();
  void holdLifeLock("name", tellPage, { request }).then(released);
  expect(request).toHaveBeenCalledWith("name", expect.anything());
  expect(tellPage).not.toHaveBeenCalled();
  grant();
  expect(tellPage).toHaveBeenCalledWith({ lifeLockHeld: "name" });
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(released).not.toHaveBeenCalled();
});

test("where locks are refused, the worker goes on without", async () => {
  const request = () => Promise.reject(new DOMException("denied", "SecurityError"));
  const tellPage = vi.fn();
  await holdLifeLock("name", tellPage, { request });
  expect(tellPage).not.toHaveBeenCalled();
});
