import { type ConnectionRefusal, TcpListener, TcpStream } from '../line/index.js';

export interface SmtpListenerOptions {
  readonly host: string;
  readonly port: number;
  /** Sessions at the same time; further ones are told to come again. */
  readonly maxSessions: number | (() => number);
  readonly hostname: string;
  /** Whether this IP address may connect. Default: any. */
  readonly mayConnect?: (address: string) => boolean;
  /** A client has connected. `address` is its IP address. */
  readonly onClient: (stream: TcpStream, address: string) => void;
  readonly onTurnedAway: (address: string, why: ConnectionRefusal) => void;
}

/** How long a client that is turned away may take to read why. */
const FAREWELL_MS = 5000;

const FAREWELL: Readonly<Record<ConnectionRefusal, (hostname: string) => string>> = {
  tooMany: (hostname) => `421 4.3.2 ${hostname} has too many sessions, try again later`,
  notAllowed: (hostname) => `554 5.7.1 ${hostname} takes no mail from your address here`,
};

/** Takes SMTP connections over TCP. */
export class SmtpListener extends TcpListener {
  constructor(options: SmtpListenerOptions) {
    const { host, port, maxSessions, hostname, mayConnect, onClient, onTurnedAway } = options;
    super({
      host,
      port,
      maxConnections: maxSessions,
      ...(mayConnect !== undefined && { mayConnect }),
      onConnection: (socket, address) => onClient(new TcpStream(socket), address),
      onRefused: (socket, address, why) => {
        onTurnedAway(address, why);
        socket.on('error', () => {}); // it is refused anyway
        socket.end(`${FAREWELL[why](hostname)}\r\n`);
        socket.setTimeout(FAREWELL_MS, () => socket.destroy());
      },
    });
  }
}
