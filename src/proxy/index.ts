export { type ProxiedCall, proxyHeaderV1, proxyHeaderV2 } from './header.js';
export { type Proxied, type ProxyHeader, readProxyHeader } from './reader.js';
