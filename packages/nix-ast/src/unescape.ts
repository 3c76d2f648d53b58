/** What the text between quotes means, the reverse of `strings.ts`. */

const CONTROLS: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** The value of text between `"` quotes; line ends become `\n` as Nix makes them. */
export const unescapeStr = (raw: string): string =>
  /[\\\r]/.test(raw)
    ? raw.replace(/\\([^])|\r\n?/gu, (_, escaped: string | undefined) =>
        escaped === undefined ? "\n" : (CONTROLS[escaped] ?? escaped),
      )
    : raw;

/** The value of text between `''` quotes whose indentation has been stripped. */
export const unescapeIndented = (raw: string): string =>
  raw.includes("''")
    ? raw.replace(
        /''(?:(\$)|(')|\\([^]))|\$\$/gu,
        (found, dollar: string | undefined, quote: string | undefined, escaped: string | undefined) =>
          dollar ?? (quote === undefined ? (escaped === undefined ? found : (CONTROLS[escaped] ?? escaped)) : "''"),
      )
    : raw;

/** The value of a name as it is written: `a`, `"a"`, `${"a"}`. */
export const unescapeName = (raw: string): string => {
  const quoted = /^(?:\$\{)?"([^]*)"\}?$/.exec(raw);
  return quoted === null ? raw : unescapeStr(quoted[1] ?? "");
};
