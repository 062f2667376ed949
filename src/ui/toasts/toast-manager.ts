import { Toast } from "@base-ui/react/toast";

/** Where notices are added and taken away again. `Toasts`, which shows them, is loaded after the page's first paint. */
export const toasts = Toast.createToastManager();
