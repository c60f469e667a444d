import { Bridge, type BridgeEnd, type BridgeOptions, type Side } from '../../src/bridge/index.js';
import { VirtualClock } from '../../src/core/index.js';
import type { DialogueEvent } from '../../src/smtp/index.js';
import { ScriptedStream } from '../support/scripted-stream.js';

export class ScriptedEnd extends ScriptedStream {
  readonly writes: Array<{ readonly octets: number; readonly ended: boolean }> = [];

  override write(octets: Uint8Array, endOfSequence: boolean): boolean {
    this.writes.push({ octets: octets.length, ended: endOfSequence });
    return super.write(octets, endOfSequence);
  }
}

/** Ends as RFC 1090 §9 has it: after a farewell of ours by the other end, after one that we have read by us. */
export class ScriptedCircuit extends ScriptedEnd {
  readonly events: DialogueEvent[] = [];

  dialogue(event: DialogueEvent): void {
    this.events.push(event);
    if (event === 'farewellSeen') super.close();
  }

  override close(): void {
    if (!this.events.includes('farewellSent')) super.close();
  }
}

/** A bridge between two ends that a test plays. */
export class ScriptedBridge {
  readonly clock = new VirtualClock();
  readonly circuit = new ScriptedCircuit();
  readonly tcp = new ScriptedEnd();
  readonly client: ScriptedEnd;
  readonly server: ScriptedEnd;
  readonly bridge: Bridge;
  accepted = 0;
  end: BridgeEnd | undefined;

  constructor(client: Side, options: Partial<BridgeOptions> = {}) {
    const { circuit, tcp, clock } = this;
    this.client = client === 'circuit' ? circuit : tcp;
    this.server = client === 'circuit' ? tcp : circuit;
    const onAccepted = (): number => this.accepted++;
    this.bridge = new Bridge({ circuit, tcp, clock, client, startTls: 'pass', onAccepted, ...options });
    this.bridge.start();
    void this.bridge.done.then((end) => {
      this.end = end;
    });
  }

  /** The server has greeted and offers all. */
  greeted(): this {
    this.server.say('220 server\r\n');
    this.client.say('EHLO client\r\n');
    this.server.say('250-server\r\n250-CHUNKING\r\n250-STARTTLS\r\n250 PIPELINING\r\n');
    return this.forget();
  }

  /** A message is on its way. */
  inData(): this {
    this.greeted();
    this.client.say('MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n');
    this.server.say('250 ok\r\n250 ok\r\n354 go\r\n');
    this.forget();
    this.client.say('half of a message\r\n');
    return this;
  }

  inTls(): this {
    this.greeted();
    this.client.say('STARTTLS\r\n');
    this.server.say('220 go\r\n');
    return this.forget();
  }

  /** What was written so far is of no interest. */
  forget(): this {
    for (const end of [this.circuit, this.tcp]) {
      end.take();
      end.writes.length = 0;
    }
    return this;
  }
}
