import { memoryProfileStore } from "./memory-profile-store.ts";
import { profileStoreConformance } from "./profile-store.conformance.ts";

profileStoreConformance(memoryProfileStore);
