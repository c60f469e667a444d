import { TcpListener, TcpStream } from '../line/index.js';

export interface SmtpListenerOptions {
  readonly host: string;
  readonly port: number;
  /** Sessions at the same time; further ones are told to come again. */
  readonly maxSessions: number;
  readonly hostname: string;
  /** A client has connected. `address` is its IP address. */
  readonly onClient: (stream: TcpStream, address: string) => void;
  readonly onTurnedAway: () => void;
}

/** How long a client that is turned away may take to read why. */
const FAREWELL_MS = 5000;

/** Takes SMTP connections over TCP. */
export class SmtpListener extends TcpListener {
  constructor({ host, port, maxSessions, hostname, onClient, onTurnedAway }: SmtpListenerOptions) {
    super({
      host,
      port,
      maxConnections: maxSessions,
      onConnection: (socket, address) => onClient(new TcpStream(socket), address),
      onRefused: (socket) => {
        onTurnedAway();
        socket.on('error', () => {}); // it is refused anyway
        socket.end(`421 4.3.2 ${hostname} has too many sessions, try again later\r\n`);
        socket.setTimeout(FAREWELL_MS, () => socket.destroy());
      },
    });
  }
}
