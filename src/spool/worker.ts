import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { toFault } from './fault.js';
import { commitTogether } from './group.js';
import type { Call, FromThread, ToThread } from './protocol.js';
import { openDatabase } from './schema.js';
import { Store } from './store.js';

/** How long something written can wait for stable storage when nothing else comes that has to go there. */
const SYNC_WITHIN_MS = 50;

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
  let timer: NodeJS.Timeout | undefined;
  const stopTimer = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };
  const sync = (): void => {
    stopTimer();
    try {
      store.sync();
      post({ type: 'synced' });
    } catch {
      timer = setTimeout(sync, SYNC_WITHIN_MS); // a disk in trouble: whoever asks for more is told
    }
  };
  port.on('message', (first: ToThread) => {
    const { calls, closing } = gather(port, first);
    if (calls.length > 0) {
      const group = commitTogether(store, calls);
      post({ type: 'group', ...group });
      if (group.synced) stopTimer();
      else if (group.wrote) timer ??= setTimeout(sync, SYNC_WITHIN_MS);
    }
    if (closing) {
      if (timer !== undefined) sync();
      stopTimer();
      store.close();
      port.close();
    }
  });
}

/** From so many on, no more are put into one transaction: 256 bodies of 64 KiB are 16 MiB of log. */
const GROUP_LIMIT = 256;

function gather(port: MessagePort, first: ToThread): { calls: Call[]; closing: boolean } {
  const calls: Call[] = [];
  let message: ToThread | undefined = first;
  while (message !== undefined && message !== 'close') {
    calls.push(...message);
    message = calls.length < GROUP_LIMIT ? receiveMessageOnPort(port)?.message : undefined;
  }
  return { calls, closing: message === 'close' };
}

if (parentPort === null) throw new Error('the spool thread is started by openSpool');
serve(parentPort, workerData as string);
