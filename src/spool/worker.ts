import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { toFault } from './fault.js';
import { commitTogether } from './group.js';
import type { Call, FromThread, ToThread } from './protocol.js';
import { openDatabase } from './schema.js';
import { Store } from './store.js';

/** The thread that holds the database. All it does is to gather the requests that wait into one transaction. */
function serve(port: MessagePort, file: string): void {
  const post = (message: FromThread): void => port.postMessage(message);
  let store: Store;
  try {
    store = new Store(openDatabase(file));
  } catch (error) {
    post({ type: 'refused', fault: toFault(error) });
    return;
  }
  post({ type: 'opened' });
  port.on('message', (first: ToThread) => {
    const { calls, closing } = gather(port, first);
    if (calls.length > 0) post({ type: 'group', ...commitTogether(store, calls) });
    if (closing) {
      store.close();
      port.close();
    }
  });
}

/** So much is one transaction at most: 256 bodies of 64 KiB are 16 MiB of log. */
const GROUP_LIMIT = 256;

function gather(port: MessagePort, first: ToThread): { calls: Call[]; closing: boolean } {
  const calls: Call[] = [];
  let message: ToThread | undefined = first;
  while (message !== undefined && message !== 'close') {
    calls.push(message);
    message = calls.length < GROUP_LIMIT ? receiveMessageOnPort(port)?.message : undefined;
  }
  return { calls, closing: message === 'close' };
}

if (parentPort === null) throw new Error('the spool thread is started by openSpool');
serve(parentPort, workerData as string);
