/** The kind of annotation of a test that has rows of a report so far, as JSON. Those that follow replace them. */
export const ROWS_SO_FAR = "rows so far";
