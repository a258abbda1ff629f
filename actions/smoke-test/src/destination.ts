import { BlockList, isIP } from 'node:net';

/**
 * Addresses that no smoke test has business with, since their answers are credentials: link-local, where clouds keep
 * the instance and task metadata (169.254.169.254, 169.254.170.2), its IPv6 forms, and what other clouds use (Alibaba,
 * Oracle, Azure). IPv4 addresses in IPv6 form (`::ffff:`) are checked by BlockList itself; those behind NAT64 and 6to4
 * prefixes are named here.
 */
const METADATA = new BlockList();
METADATA.addSubnet('169.254.0.0', 16, 'ipv4');
METADATA.addAddress('100.100.100.200', 'ipv4');
METADATA.addAddress('192.0.0.192', 'ipv4');
METADATA.addAddress('168.63.129.16', 'ipv4');
METADATA.addSubnet('fd00:ec2::', 32, 'ipv6');
METADATA.addAddress('fd20:ce::254', 'ipv6');
METADATA.addSubnet('fe80::', 10, 'ipv6');
METADATA.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');
METADATA.addSubnet('64:ff9b:1::a9fe:0', 112, 'ipv6');
METADATA.addSubnet('2002:a9fe::', 32, 'ipv6');
METADATA.addSubnet('::a9fe:0', 112, 'ipv6');
METADATA.addSubnet('::ffff:0:a9fe:0', 112, 'ipv6');

/** The unspecified address reaches this machine too. */
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addSubnet('0.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');
LOOPBACK.addAddress('::', 'ipv6');
LOOPBACK.addSubnet('::7f00:0', 104, 'ipv6');
LOOPBACK.addSubnet('::ffff:0:7f00:0', 104, 'ipv6');
LOOPBACK.addSubnet('64:ff9b::7f00:0', 104, 'ipv6');
LOOPBACK.addSubnet('2002:7f00::', 24, 'ipv6');

const METADATA_NAMES =
  /(^metadata|(^|\.)(metadata\.google\.internal|metadata\.goog|instance-data\.ec2\.internal|instance-data))\.?$/i;

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

const within = (list: BlockList, address: string): boolean => {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
};

/** Returns whether `address` is one of a metadata service; IPv4 addresses in IPv6 form included. */
export const isMetadataAddress = (address: string): boolean => within(METADATA, address);

/** Returns whether `url` names this machine, or one of the addresses that its host resolves to is of this machine. */
export const isLoopback = (url: URL, addresses: readonly string[] = []): boolean =>
  /(^|\.)localhost\.?$/i.test(url.hostname) ||
  within(LOOPBACK, hostOf(url)) ||
  addresses.some((address) => within(LOOPBACK, address));

/** Returns why no request may go to `url`, or undefined. `addresses` are those that its host resolves to. */
export const refuseDestination = (url: URL, addresses: readonly string[]): string | undefined => {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return `${url.protocol} is neither http nor https`;
  if (METADATA_NAMES.test(url.hostname) || isMetadataAddress(hostOf(url))) {
    return `${url.hostname} is a metadata or link-local address`;
  }
  const found = addresses.find(isMetadataAddress);
  return found === undefined ? undefined : `${url.hostname} resolves to ${found}, a metadata or link-local address`;
};
