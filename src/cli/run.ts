import { setFlagsFromString } from 'node:v8';
import { type Configuration, formatProblem, loadConfiguration } from '../config/index.js';
import { ControlServer, gatewayRequests, HttpConsole, request } from '../console/index.js';
import { deferred, describeError } from '../core/index.js';
import { Gateway } from '../gateway/index.js';
import type { GatewayMetrics } from '../metrics/index.js';
import { CallLog, createLog } from '../observe/index.js';
import { DONE, FAILED, WRONG_USAGE } from './exit-status.js';
import { logEvents } from './log-events.js';
import { Reloader } from './reloader.js';

/**
 * `x25mail run -c FILE`: the gateway, until SIGTERM or SIGINT; a second signal ends it at once.
 *
 * @returns the exit status.
 */
export async function runGateway(file: string): Promise<number> {
  // What a gateway keeps does not grow with the mail that passes: by itself the heap would wait for twice as much.
  setFlagsFromString('--heap-growing-percent=20');
  const result = loadConfiguration(file);
  if (!result.ok) {
    for (const problem of result.problems) process.stderr.write(`${formatProblem(problem)}\n`);
    return WRONG_USAGE;
  }
  const { configuration, warnings } = result;
  const log = createLog({ level: configuration.log.level });
  for (const warning of warnings) log.warn(formatProblem(warning));

  const { callsFile } = configuration.log;
  const calls =
    callsFile === undefined
      ? undefined
      : new CallLog(callsFile, { onError: (error) => log.error(`call records: ${describeError(error)}`) });
  const fatal = deferred<'fatal'>();
  const tell = logEvents(log, calls);
  const metrics = configuration.console.http === undefined ? undefined : await startMetrics();
  try {
    const gateway = await Gateway.start(configuration, {
      observe: (event) => {
        tell(event);
        metrics?.observe(event);
        if (event.type === 'fatal') fatal.resolve('fatal');
      },
    });
    const reloader = new Reloader({ file, gateway, log });
    const reload = (): void => void reloader.reload();
    const closeDoors = await openDoors(configuration, { gateway, metrics, reloader }).catch(
      async (error: unknown) => {
        await gateway.stop();
        throw error;
      },
    );
    process.on('SIGHUP', reload);
    log.info({ spool: configuration.gateway.spool }, `${configuration.gateway.hostname} is running`);
    const why = await Promise.race([untilSignal(), fatal.promise]);
    log.info(`${why}: ending what is going on, at most a minute`);
    process.once('SIGTERM', endNow);
    process.once('SIGINT', endNow);
    process.off('SIGHUP', reload);
    process.on('SIGHUP', ignore); // without a handler it would end us at once
    await gateway.stop();
    await closeDoors();
    log.info('stopped');
    return why === 'fatal' ? FAILED : DONE;
  } catch (error) {
    log.error(describeError(error));
    return FAILED;
  } finally {
    process.off('SIGTERM', endNow);
    process.off('SIGINT', endNow);
    process.off('SIGHUP', ignore);
    await calls?.close();
  }
}

/** Loaded only for who asks for them. */
async function startMetrics(): Promise<GatewayMetrics> {
  const { GatewayMetrics } = await import('../metrics/index.js');
  return new GatewayMetrics();
}

interface Watched {
  readonly gateway: Gateway;
  readonly metrics: GatewayMetrics | undefined;
  readonly reloader: Reloader;
}

/** Where a running gateway is asked and told. @returns what closes it all. */
async function openDoors(
  { console, gateway: { hostname } }: Configuration,
  { gateway, metrics, reloader }: Watched,
): Promise<() => Promise<void>> {
  const control = await ControlServer.listen(console.socket, {
    ...gatewayRequests(gateway),
    reload: request({}, () => reloader.reload()),
  });
  if (console.http === undefined || metrics === undefined) return () => control.close();
  try {
    const http = await HttpConsole.listen({
      ...console.http,
      hostnames: [hostname, console.http.host],
      gateway,
      metrics: { contentType: metrics.contentType, text: () => metrics.text(gateway) },
    });
    return async () => {
      await Promise.all([control.close(), http.close()]);
    };
  } catch (error) {
    await control.close();
    throw error;
  }
}

function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const got = (signal: NodeJS.Signals): void => {
      process.off('SIGTERM', got);
      process.off('SIGINT', got);
      resolve(signal);
    };
    process.on('SIGTERM', got);
    process.on('SIGINT', got);
  });
}

/** Whoever asks twice does not want to wait; what is queued is safe. */
function endNow(): void {
  process.exit(FAILED);
}

function ignore(): void {}
