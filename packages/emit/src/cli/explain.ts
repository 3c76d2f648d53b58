import { nearest } from "@microvm-emit/model";
import { Failed } from "../report/failure.js";
import { formatContents, formatPage } from "../report/format-page.js";
import { pageCodes, pageOf } from "./problem-pages.js";
import type { Outcome } from "../report/report.js";

/** The page of a code, or all pages. */
export const explain = (code: string | undefined): Outcome => {
  const codes = pageCodes();
  if (code === undefined) {
    const pages = codes.map(pageOf);
    return { kind: "explained", pages, text: (style) => formatContents(pages, style) };
  }
  if (!codes.includes(code)) throw new Failed({ kind: "unknown-code", code, meant: nearest(code, codes) });
  const page = pageOf(code);
  return { kind: "explained", pages: [page], text: (style, width) => formatPage(page, style, width) };
};
