import { afterEach, expect, test, vi } from "vitest";
import { DeclinedOffer } from "./declined-offer.ts";
import { blockLocalStorage, stubLocalStorage } from "./testing-local-storage.ts";

afterEach(() => vi.unstubAllGlobals());

test("a no holds for good, where the browser keeps anything", () => {
  stubLocalStorage();
  const offer = new DeclinedOffer();
  const told = vi.fn();
  offer.subscribe(told);
  expect(offer.getSnapshot()).toBe(false);
  offer.decline();
  expect(told).toHaveBeenCalledOnce();
  expect(offer.getSnapshot()).toBe(true);
  expect(new DeclinedOffer().getSnapshot()).toBe(true);

  blockLocalStorage();
  const blocked = new DeclinedOffer();
  blocked.decline();
  expect(blocked.getSnapshot()).toBe(true);
  expect(new DeclinedOffer().getSnapshot()).toBe(false);
});
