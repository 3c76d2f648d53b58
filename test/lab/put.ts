/** Writes a text file in a machine with its shell; the text may contain any character. */
export const putWith =
  (run: (script: string) => Promise<string>) =>
  (path: string, text: string, mode = "0644"): Promise<string> =>
    run(
      `mkdir -p "$(dirname ${path})" && echo ${Buffer.from(text).toString("base64")} | base64 -d >${path} && chmod ${mode} ${path}`,
    );
