import remarkCjkFriendly from "remark-cjk-friendly";
import remarkGfm from "remark-gfm";
import remarkMath from "remark-math";
import remarkParse from "remark-parse";
import { unified, type PluggableList } from "unified";

/**
 * What is read besides CommonMark: GitHub's dialect; formulas, which have two dollars by now; and emphasis next to the
 * punctuation of Chinese, Japanese and Korean, which CommonMark's rules for spaces do not see.
 */
export const REMARK_PLUGINS: PluggableList = [
  remarkGfm,
  [remarkMath, { singleDollarTextMath: false }],
  remarkCjkFriendly,
];

export const markdownParser = unified().use(remarkParse).use(REMARK_PLUGINS).freeze();
