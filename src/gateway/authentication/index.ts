export { type DkimKey, type DkimSetting, describeKey, publishedKey, readDkimKey } from './dkim-key.js';
export { DkimSigner, type Signed } from './dkim-signer.js';
export { type Inspected, type Inspection, Inspector } from './inspection.js';
export { type ResolveDns, systemDns } from './limited-dns.js';
