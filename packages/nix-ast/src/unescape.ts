/** Decodes escapes in strings, the reverse of `strings.ts`. */

const CONTROLS: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** The value of text in `"` quotes. Line ends become `\n`, as in Nix. */
export const unescapeStr = (raw: string): string =>
  /[\\\r]/.test(raw)
    ? raw.replace(/\\([^])|\r\n?/gu, (_, escaped: string | undefined) =>
        escaped === undefined ? "\n" : (CONTROLS[escaped] ?? escaped),
      )
    : raw;

/** The value of text in `''` quotes after its indentation is stripped. */
export const unescapeIndented = (raw: string): string =>
  raw.includes("''")
    ? raw.replace(
        /''(?:(\$)|(')|\\([^]))|\$\$/gu,
        (found, dollar: string | undefined, quote: string | undefined, escaped: string | undefined) =>
          dollar ?? (quote === undefined ? (escaped === undefined ? found : (CONTROLS[escaped] ?? escaped)) : "''"),
      )
    : raw;

/** The value of a name in source form: `a`, `"a"`, `${"a"}`. */
export const unescapeName = (raw: string): string => {
  const quoted = /^(?:\$\{)?"([^]*)"\}?$/.exec(raw);
  return quoted === null ? raw : unescapeStr(quoted[1] ?? "");
};
