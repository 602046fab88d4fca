/** Address and port as URLs have them: an address of IPv6 stands in brackets. */
export const authority = (address: string, port: number): string =>
  address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;

/** An address under which this machine reaches a server that listens on all of its addresses of IPv4. */
export const reachable = (address: string): string => (address === "0.0.0.0" ? "127.0.0.1" : address);
