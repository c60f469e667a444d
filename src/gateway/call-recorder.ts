import type { Clock } from '../core/index.js';
import { CallRecordBuilder } from '../observe/index.js';
import type { CallWatcher, PricedCall } from './call-watcher.js';
import type { Observe } from './events.js';

/** Follows calls and tells the record of each when it is over. */
export function callRecorder(clock: Clock, observe: Observe): (call: PricedCall) => CallWatcher {
  return ({ circuit, reverseCharged: _, ...call }) => {
    const { id, direction, called, calling } = circuit;
    const builder = new CallRecordBuilder(clock, { circuit: id, direction, called, calling, ...call });
    return {
      event: (event) => builder.handle(event),
      messageSent: () => builder.messageSent(),
      messageReceived: () => builder.messageReceived(),
      ended: ({ verdict, ending, traffic }) => {
        if (verdict.how === 'completed' || verdict.how === 'dismissed') builder.sessionCompleted();
        observe({ type: 'call', record: builder.finish(ending, traffic) });
      },
    };
  };
}
