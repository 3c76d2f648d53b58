/** A range of addresses outside of the public internet. */
export interface PrivateRange {
  readonly range: string;
  /** Its use, as the registries name it. */
  readonly use: string;
  /** The document that sets it aside. */
  readonly source: string;
}

/**
 * The private, local, shared, reserved and multicast ranges, by IANA's special-purpose address registries
 * (iana.org/assignments/iana-ipv4-special-registry, iana-ipv6-special-registry) and the clouds' own documents. Ranges of one
 * family do not overlap. Documentation ranges are missing: no network has them.
 */
export const privateRangeRows: { readonly 4: readonly PrivateRange[]; readonly 6: readonly PrivateRange[] } = {
  4: [
    { range: "0.0.0.0/8", use: "this network", source: "RFC 791" },
    { range: "10.0.0.0/8", use: "private", source: "RFC 1918" },
    { range: "100.64.0.0/10", use: "shared by carriers, VPNs and Alibaba's metadata", source: "RFC 6598" },
    { range: "127.0.0.0/8", use: "loopback", source: "RFC 1122" },
    {
      range: "168.63.129.16/32",
      use: "Azure's platform",
      source: "learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16",
    },
    { range: "169.254.0.0/16", use: "link-local, and the clouds' metadata", source: "RFC 3927" },
    { range: "172.16.0.0/12", use: "private", source: "RFC 1918" },
    { range: "192.0.0.0/24", use: "protocol assignments, and Oracle's metadata", source: "RFC 6890" },
    { range: "192.88.99.0/24", use: "6to4 relays", source: "RFC 7526" },
    { range: "192.168.0.0/16", use: "private", source: "RFC 1918" },
    { range: "198.18.0.0/15", use: "benchmarking", source: "RFC 2544" },
    { range: "224.0.0.0/3", use: "multicast, reserved and broadcast", source: "RFC 5771, RFC 1112" },
  ],
  6: [
    {
      range: "::/3",
      use: "loopback, IPv4-mapped, NAT64 (64:ff9b::/96, 64:ff9b:1::/48) and discard",
      source: "RFC 4291, RFC 6052, RFC 8215",
    },
    { range: "2001::/23", use: "protocol assignments: Teredo, benchmarking, ORCHID", source: "RFC 2928, RFC 4380" },
    { range: "2002::/16", use: "6to4, which carries any IPv4 address", source: "RFC 3056" },
    { range: "4000::/2", use: "unassigned, and segment routing (5f00::/16)", source: "RFC 4291, RFC 9602" },
    {
      range: "8000::/1",
      use: "unassigned, unique local (fc00::/7), link-local, site-local (fec0::/10) and multicast",
      source: "RFC 4291, RFC 4193, RFC 3879",
    },
  ],
};

const rangesOf = (family: 4 | 6): readonly string[] => privateRangeRows[family].map(({ range }) => range);

/** The same ranges by family, without their sources. */
export const privateRanges = { 4: rangesOf(4), 6: rangesOf(6) } as const;
