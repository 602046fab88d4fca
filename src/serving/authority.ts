/** Address and port as URLs have them: an address of IPv6 stands in brackets. */
export const authority = (address: string, port: number): string =>
  address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
