import { Address4 } from "ip-address";
import type { Subnet } from "../plan.js";

/** `192.168.83.6` as a number. */
export const parseAddress = (address: string): number => Number(new Address4(address).bigInt());

/** A number as `192.168.83.6`. */
export const formatAddress = (address: number): string => Address4.fromBigInt(BigInt(address)).correctForm();

/** The subnet of a bridge whose address is written `192.168.83.1/24`. */
export const parseSubnet = (cidr: string): Subnet => {
  const address = new Address4(cidr);
  return {
    gateway: Number(address.bigInt()),
    network: Number(address.startAddress().bigInt()),
    broadcast: Number(address.endAddress().bigInt()),
    prefixLength: address.subnetMask,
  };
};

/** Whether a guest may have the address: inside the subnet and neither its edges nor the gateway. */
export const isGuestAddress = (subnet: Subnet, address: number): boolean =>
  address > subnet.network && address < subnet.broadcast && address !== subnet.gateway;
