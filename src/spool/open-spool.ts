import * as fsPromises from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { describeError, GatewayError } from '../core/index.js';
import { Bodies, type FileSystem, syncDirectory } from './bodies.js';
import { DiskRoom } from './disk-room.js';
import { DurableSpool, type SpoolEvent } from './durable-spool.js';
import { storeFault } from './fault.js';
import type { Spool } from './spool.js';
import { ThreadLink } from './thread-link.js';
import { type CheckpointLimits, DEFAULT_CHECKPOINT_LIMITS } from './transactions.js';

export interface SpoolOptions {
  /** Made when it is missing, for its owner only. On a local disk: locks and syncs mean little on a network's. */
  readonly directory: string;
  readonly log?: (event: SpoolEvent) => void;
  /** Milliseconds since 1970. */
  readonly wallTime?: () => number;
  /** Octets of the disk that messages leave free (`hasRoom`), so that the queue can still be worked on. */
  readonly reserveOctets?: number;
  /** What is kept of interrupted messages; what is absent is as by default. */
  readonly checkpoints?: Partial<CheckpointLimits>;
  /** For tests that let it fail. */
  readonly files?: FileSystem;
}

const DEFAULT_RESERVE_OCTETS = 64 * 1024 * 1024;

/**
 * Opens the spool in a directory, for this process alone.
 * @throws GatewayError spoolDirectory, spoolInUse, spoolForeign, spoolNewer, spoolCorrupt, spoolFull, spoolWrite
 */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const { log = () => {}, wallTime = Date.now, files = fsPromises } = options;
  const { reserveOctets = DEFAULT_RESERVE_OCTETS } = options;
  const directory = resolve(options.directory);
  const bodies = join(directory, 'bodies');
  await makeDirectory(files, bodies);
  await checkWritable(files, directory);

  const room = new DiskRoom(files, directory);
  const link = await ThreadLink.open(join(directory, 'spool.db'), {
    group: (report) => spool.handleGroup(report),
    synced: () => spool.handleSynced(),
    stopped: (error) => log({ type: 'stopped', error }),
  });
  const spool = new DurableSpool({
    link,
    bodies: new Bodies(bodies, files),
    wallTime,
    log,
    checkpoints: { ...DEFAULT_CHECKPOINT_LIMITS, ...options.checkpoints },
    hasRoom: (octets) => room.holds(octets + reserveOctets),
  });
  spool.removeLeftovers();
  return spool;
}

/** With all that leads to it, and every name on stable storage. */
async function makeDirectory(files: FileSystem, directory: string): Promise<void> {
  try {
    const first = await files.mkdir(directory, { recursive: true, mode: 0o700 });
    // Found there, its name is synced too: a crash can have come between making and syncing it.
    const highest = first ?? directory;
    for (let made = directory; made.length >= highest.length; made = dirname(made)) {
      await syncDirectory(files, dirname(made));
    }
  } catch (error) {
    throw directoryFault(directory, error);
  }
}

async function checkWritable(files: FileSystem, directory: string): Promise<void> {
  try {
    await files.access(directory, fsPromises.constants.W_OK | fsPromises.constants.X_OK);
  } catch (error) {
    throw directoryFault(directory, error);
  }
}

function directoryFault(directory: string, cause: unknown): GatewayError {
  const fault = storeFault(cause);
  if (fault.code === 'spoolFull') return fault;
  return new GatewayError(
    'spoolDirectory',
    `${directory} can't be used as a spool: ${describeError(cause)}; make it a directory the gateway may write to`,
    { temporary: false, cause },
  );
}
