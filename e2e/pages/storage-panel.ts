import { expect, type Page } from "@playwright/test";

/** The dialog about what is kept. Open while one of its methods runs. */
export class StoragePanel {
  constructor(readonly page: Page) {}

  /** Bytes of all caches. */
  async kvBytes(): Promise<number> {
    const bytes = await this.#inDialog(() =>
      this.#dialog.getByRole("meter", { name: "Caches" }).getAttribute("value"),
    );
    return Number(bytes);
  }

  async clearCaches(): Promise<void> {
    await this.#inDialog(async () => {
      await this.#dialog.getByRole("button", { name: "Clear all caches" }).click();
      await expect(this.#dialog).toContainText(/\b0\.0 kB of/);
    });
  }

  get #dialog() {
    return this.page.getByRole("dialog", { name: "Storage" });
  }

  async #inDialog<T>(work: () => Promise<T>): Promise<T> {
    await this.page.getByRole("button", { name: "Storage", exact: true }).click();
    await expect(this.#dialog).toBeVisible();
    const result = await work();
    await this.#dialog.getByRole("button", { name: "Close" }).click();
    await expect(this.#dialog).toBeHidden();
    return result;
  }
}
