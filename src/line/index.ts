export type { Line, LineControl, LineHandler } from './line.js';
export { type Disturbance, type MemoryLineOptions, memoryLine } from './memory-line.js';
export { SerialLine, type SerialLineOptions } from './serial-line.js';
export { TcpLine } from './tcp-line.js';
export { type ConnectionRefusal, TcpListener, type TcpListenerOptions } from './tcp-listener.js';
export { TcpStream } from './tcp-stream.js';
export { XotListener, type XotListenerOptions } from './xot-listener.js';
export { XotSocket, type XotSocketHandler } from './xot-socket.js';
