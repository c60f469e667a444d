import { resolve } from 'node:path';
import type { ListenConfiguration, ListenerConfiguration } from './configuration.js';
import type { ProblemList } from './problem.js';
import { describeValue, readPart } from './read.js';
import { listenAddress } from './schema/fields.js';
import { listenerSchema, listenSchema, tlsSchema } from './schema/listen.js';

/** `[listen]`. @param folder where relative paths begin. */
export function readListen(folder: string, problems: ProblemList): ListenConfiguration | undefined {
  const lists = readPart(listenSchema, ['listen'], problems);
  const tls = lists?.tls === undefined ? undefined : readPart(tlsSchema, ['listen', 'tls'], problems);
  if (lists === undefined) return undefined;
  const listeners = (service: 'smtp' | 'submission'): ListenerConfiguration[] =>
    lists[service].flatMap(
      (_, index) => readListener(service, index, lists.tls !== undefined, problems) ?? [],
    );
  return {
    smtp: listeners('smtp'),
    submission: listeners('submission'),
    ...(tls !== undefined && { tls: { cert: resolve(folder, tls.cert), key: resolve(folder, tls.key) } }),
  };
}

/** @param hasTls there is a certificate: then STARTTLS is offered unless the entry says otherwise. */
function readListener(
  service: 'smtp' | 'submission',
  index: number,
  hasTls: boolean,
  problems: ProblemList,
): ListenerConfiguration | undefined {
  const path = ['listen', service, index];
  const usual = hasTls ? 'starttls' : 'none';
  const found = problems.found(path);
  if (typeof found !== 'object' || found === null || Array.isArray(found)) {
    const address = readPart(listenAddress(), path, problems);
    return address && { ...address, service, tls: usual, proxy: [], xclient: [] };
  }
  const entry = readPart(listenerSchema(service), path, problems);
  if (entry === undefined) return undefined;
  const { address, tls = usual, proxy, xclient } = entry;
  if (tls !== 'none' && !hasTls)
    problems.refuse(
      [...path, 'tls'],
      `${describeValue(tls)} needs a certificate: cert and key in [listen.tls]`,
    );
  return { ...address, service, tls, proxy, xclient };
}
