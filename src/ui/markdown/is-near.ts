import { createContext } from "react";

/** Whether a text is in the window or was near it. Before that, what takes time and adds no words waits. */
export const IsNear = createContext(true);
