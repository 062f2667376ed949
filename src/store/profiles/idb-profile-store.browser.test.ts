import { deleteDB } from "idb";
import { afterEach } from "vitest";
import { idbProfileStore } from "./idb-profile-store.ts";
import { databaseConnection } from "../database/open-database.ts";
import { profileStoreConformance } from "./profile-store.conformance.ts";

const opened: string[] = [];
afterEach(() => Promise.all(opened.splice(0).map((name) => deleteDB(name))));

profileStoreConformance(() => {
  const name = `profiles-${crypto.randomUUID()}`;
  opened.push(name);
  return idbProfileStore(databaseConnection(name));
});
