import { expect, type Locator, type Page } from "@playwright/test";

/** The dialog in which a model is chosen, as a person uses it. */
export class ModelPicker {
  /** The button that names the model in use. */
  readonly opener: Locator;
  readonly dialog: Locator;
  readonly search: Locator;
  readonly onlyFitting: Locator;
  readonly address: Locator;
  readonly here: Locator;
  readonly more: Locator;

  constructor(readonly page: Page) {
    this.opener = page.getByRole("button", { name: /^Model: / });
    this.dialog = page.getByRole("dialog", { name: "Models" });
    this.search = this.dialog.getByRole("searchbox", { name: "Search by name" });
    this.onlyFitting = this.dialog.getByRole("switch", { name: "Only what fits" });
    this.address = this.dialog.getByRole("textbox", { name: /^Address of a model/ });
    this.here = this.dialog.getByRole("region", { name: "On this device" });
    this.more = this.dialog.getByRole("region", { name: "More models" });
  }

  /** Opens the dialog. Returns when the list is there. */
  async open(): Promise<void> {
    await this.opener.click();
    await expect(this.search).toBeVisible();
  }

  async close(): Promise<void> {
    await this.dialog.getByRole("button", { name: "Close", exact: true }).click();
    await expect(this.dialog).toBeHidden();
  }

  /** A model of the catalogue. */
  entry(name: string): Locator {
    return this.more.getByRole("listitem", { name, exact: true });
  }

  /** Downloads what is at an address. */
  async downloadFrom(address: string): Promise<void> {
    await this.address.fill(address);
    await this.address.press("Enter");
  }
}
