import { createRequire } from 'node:module';
import { isIP } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { describeError, GatewayError } from '../core/index.js';
import type { WatchedGateway } from './watched-gateway.js';

export interface HttpConsoleOptions {
  readonly host: string;
  /** 0: one that the system chooses. */
  readonly port: number;
  /** Host names that it may be asked by, beside `localhost` and addresses. */
  readonly hostnames: readonly string[];
  readonly gateway: Pick<WatchedGateway, 'status'>;
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
}

const load = createRequire(import.meta.url);

/** Only who asks for the console pays for it in memory. */
function loadFastify(): typeof import('fastify').fastify {
  return (load('fastify') as typeof import('fastify')).fastify;
}

/** No request has more to say. */
const LONGEST_BODY = 1_024;
const SLOWEST_REQUEST_MS = 10_000;

/**
 * What a running gateway tells over HTTP: `/metrics` for Prometheus, `/status` as JSON, `/health` for whoever restarts it. It
 * can only be read: what changes something goes by the control socket, which has an owner.
 */
export class HttpConsole {
  readonly #server: FastifyInstance;

  /** @throws GatewayError when the address can't be listened on. */
  static async listen(options: HttpConsoleOptions): Promise<HttpConsole> {
    const { host, port } = options;
    const http = new HttpConsole(options);
    try {
      await http.#server.listen({ host, port });
    } catch (error) {
      await http.close();
      const message = `[console] http: ${host} port ${port} can't be listened on (${describeError(error)})`;
      throw new GatewayError('listen', message, { temporary: false, cause: error });
    }
    return http;
  }

  private constructor({ hostnames, gateway, metrics }: HttpConsoleOptions) {
    this.#server = loadFastify()({
      bodyLimit: LONGEST_BODY,
      requestTimeout: SLOWEST_REQUEST_MS,
      forceCloseConnections: true,
    });
    const names = new Set(['localhost', ...hostnames.map((name) => name.toLowerCase())]);
    this.#server.addHook('onRequest', async (request, reply) => {
      // A page from elsewhere that has its own name lead here could read what a browser on this machine may read.
      if (!isOurs(request.hostname, names))
        await reply.code(421).send({ error: `not known here as ${request.hostname}` });
    });
    this.#server.get('/health', async () => ({ status: 'running' }));
    this.#server.get('/status', async () => gateway.status());
    this.#server.get('/metrics', async (_request, reply) => {
      await reply.type(metrics.contentType).send(await metrics.text());
    });
    this.#server.setErrorHandler(async (error, _request, reply) => {
      await reply.code(500).send({ error: describeError(error) });
    });
  }

  /** The port it listens on, also where any was asked for (0). */
  get port(): number {
    const address = this.#server.server.address();
    return typeof address === 'object' ? (address?.port ?? 0) : 0;
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    await this.#server.close();
  }
}

/** @param host of the request, an IPv6 address in brackets or without. */
function isOurs(host: string, names: ReadonlySet<string>): boolean {
  return names.has(host.toLowerCase()) || isIP(host.replace(/^\[|\]$/g, '')) !== 0;
}
