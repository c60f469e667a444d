import { formatProblem, loadConfiguration } from '../config/index.js';
import { ControlServer, gatewayRequests } from '../console/index.js';
import { deferred, describeError } from '../core/index.js';
import { Gateway } from '../gateway/index.js';
import { CallLog, createLog, type Logger, traceTo } from '../observe/index.js';
import { logEvents } from './log-events.js';

const DONE = 0;
const FAILED = 1;
const WRONG_CONFIGURATION = 2;

/**
 * `x25mail run -c FILE`: the gateway, until SIGTERM or SIGINT; a second signal ends it at once.
 *
 * @returns the exit status.
 */
export async function runGateway(file: string): Promise<number> {
  const result = loadConfiguration(file);
  if (!result.ok) {
    for (const problem of result.problems) process.stderr.write(`${formatProblem(problem)}\n`);
    return WRONG_CONFIGURATION;
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
  const observe = logEvents(log, calls);
  try {
    const gateway = await Gateway.start(configuration, {
      observe: (event) => {
        observe(event);
        if (event.type === 'fatal') fatal.resolve('fatal');
      },
    });
    if (log.isLevelEnabled('trace')) logTraces(gateway, log);
    const control = await openControl(configuration.console.socket, gateway);
    log.info({ spool: configuration.gateway.spool }, `${configuration.gateway.hostname} is running`);
    const why = await Promise.race([untilSignal(), fatal.promise]);
    log.info(`${why}: ending what is going on, at most a minute`);
    process.once('SIGTERM', endNow);
    process.once('SIGINT', endNow);
    await gateway.stop();
    await control.close();
    log.info('stopped');
    return why === 'fatal' ? FAILED : DONE;
  } catch (error) {
    log.error(describeError(error));
    return FAILED;
  } finally {
    process.off('SIGTERM', endNow);
    process.off('SIGINT', endNow);
    await calls?.close();
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

/** @throws GatewayError when there is none to be had; the gateway is stopped then. */
async function openControl(path: string, gateway: Gateway): Promise<ControlServer> {
  try {
    return await ControlServer.listen(path, gatewayRequests(gateway));
  } catch (error) {
    await gateway.stop();
    throw error;
  }
}

/** A line for each frame, or packet where there are no frames. */
function logTraces(gateway: Gateway, log: Logger): void {
  const logs = new Map(gateway.tracedLinks.map(({ name }) => [name, log.child({ link: name })]));
  gateway.watch((link, event) => traceTo(logs.get(link.name) ?? log, link)(event));
}

/** Whoever asks twice does not want to wait; what is queued is safe. */
function endNow(): void {
  process.exit(FAILED);
}
