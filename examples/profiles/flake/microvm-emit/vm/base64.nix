# Encodes ASCII text as base64. In Nix, one `replaceStrings` is much faster than arithmetic for each character.
{ lib }:
let
  bits =
    width: number:
    lib.fixedWidthString width "0" (lib.concatMapStrings toString (lib.toBaseDigits 2 number));
  alphabet = lib.stringToCharacters "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  sextets = lib.genList (bits 6) 64;
  characters = [
    "\n"
  ]
  ++ lib.stringToCharacters (
    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
  );
  octets = map (character: bits 8 (lib.strings.charToInt character)) characters;
in
text:
let
  length = builtins.stringLength text;
  # Padding to a multiple of three characters.
  missing = lib.mod (2 * length) 3;
  repeat = filler: lib.concatStrings (lib.replicate missing filler);
  encoded = builtins.replaceStrings characters octets text;
in
lib.throwIf (builtins.stringLength encoded != 8 * length)
  "A guest can receive only printable ASCII and line breaks at boot, not: ${text}"
  (builtins.replaceStrings sextets alphabet (encoded + repeat "00") + repeat "=")
