import { i18n } from "@lingui/core";
import { messages } from "./en.po";

// Tests read what the page says in English.
i18n.loadAndActivate({ locale: "en", messages });
