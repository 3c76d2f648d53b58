/** Character classes of Nix tokens, all ASCII. */
export const LETTER = 1; // begins a name
export const NAME = 2;
export const DIGIT = 4;
export const PATH = 8;
export const SCHEME = 16;
export const URI = 32;
export const PATH_NAME = 64; // in both
export const LONGER = 128; // in one of both

const classes = new Uint8Array(128);
const add = (flag: number, characters: RegExp): void => {
  for (let unit = 0; unit < 128; unit++) {
    if (characters.test(String.fromCharCode(unit))) classes[unit] = (classes[unit] ?? 0) | flag;
  }
};
add(LETTER, /[A-Za-z_]/);
add(NAME, /[A-Za-z0-9_'-]/);
add(DIGIT, /[0-9]/);
add(PATH, /[A-Za-z0-9._+-]/);
add(SCHEME, /[A-Za-z0-9+.-]/);
add(URI, /[A-Za-z0-9%/?:@&=+$,_.!~*'-]/);

add(PATH_NAME, /[A-Za-z0-9_-]/);
add(LONGER, /['.+]/);

/** True if the character at `at` is in a class. False after the end of the text. */
export const isOf = (flag: number, text: string, at: number): boolean => {
  const unit = text.charCodeAt(at);
  return unit < 128 && ((classes[unit] as number) & flag) !== 0;
};
