# Functions for IP addresses, with or without a prefix length ("192.168.83.1/24").
{ lib }:
let
  # The parts of an address as numbers: four octets, or eight groups of 16 bits.
  partsOf =
    address:
    let
      bare = withoutPrefix address;
    in
    if isIpv6 address then
      map lib.fromHexString (lib.splitString ":" (lib.network.ipv6.fromString bare).address)
    else
      map lib.toInt (lib.splitString "." bare);
  withoutPrefix = address: builtins.head (builtins.split "/" address);
  isIpv6 = lib.hasInfix ":";
  lengthOf = address: lib.toInt (lib.last (builtins.split "/" address));
  hexOf = width: number: lib.fixedWidthString width "0" (lib.toLower (lib.toHexString number));
in
rec {
  inherit isIpv6 lengthOf withoutPrefix;

  isOf = family: address: isIpv6 address == (family == 6);

  # The address as a subnet of one host: "192.168.83.1/32" for "192.168.83.1/24"
  aloneOf = address: "${withoutPrefix address}/${if isIpv6 address then "128" else "32"}";

  # "192.168.83.0/24" for "192.168.83.1/24"
  subnetOf =
    address:
    let
      length = lengthOf address;
      width = if isIpv6 address then 16 else 8;
      # Clears the host bits of a part.
      mask =
        index: part:
        let
          hostBits = lib.max 0 (lib.min width (width * (index + 1) - length));
          unit = builtins.foldl' (power: _: power * 2) 1 (lib.range 1 hostBits);
        in
        part / unit * unit;
      parts = lib.imap0 mask (partsOf address);
    in
    (
      if isIpv6 address then
        lib.concatMapStringsSep ":" (part: lib.toLower (lib.toHexString part)) parts
      else
        lib.concatMapStringsSep "." toString parts
    )
    + "/${toString length}";

  # True if two subnets have an address in common.
  overlap =
    one: other:
    let
      length = toString (lib.min (lengthOf one) (lengthOf other));
      widened = subnet: subnetOf "${withoutPrefix subnet}/${length}";
    in
    isIpv6 one == isIpv6 other && widened one == widened other;

  # An IPv6 address as one number: "0xfd00…"
  hexadecimal = address: "0x" + lib.concatMapStrings (hexOf 4) (partsOf address);

  # The link-local address that Linux derives from a MAC address (RFC 4291, appendix A), in the notation of RFC 5952.
  linkLocalOf =
    mac:
    let
      pieces = map (piece: lib.toLower (lib.toHexString (lib.fromHexString piece))) (
        lib.splitString ":" (lib.network.ipv6.mkEUI64Suffix mac)
      );
    in
    "fe80::"
    + lib.concatStringsSep ":" (if builtins.head pieces == "0" then builtins.tail pieces else pieces);
}
