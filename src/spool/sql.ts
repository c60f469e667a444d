/** What a list of deliveries shows. The joins go by primary key, one row each, and don't touch the body. */
const DELIVERY = `
  SELECT d.message, d.destination, m.id, t.name, m.sender, m.body_type AS bodyType, m.source, m.size,
         m.received, d.due, d.priority, d.hold, d.owner, d.warned, d.deadline, d.begun, p.message AS extended, p.binary, p.smtp_utf8 AS smtpUtf8, p.ret,
         p.envelope_id AS envelopeId, p.deliver_by AS deliverBy, p.deliver_mode AS deliverMode,
         p.deliver_trace AS deliverTrace, p.submitter, p.origin, p.ours
  FROM`;
const WITH_MESSAGE = `
  CROSS JOIN messages m ON m.number = d.message
  CROSS JOIN destinations t ON t.number = d.destination
  LEFT JOIN parameters p ON p.message = d.message`;
const DELIVERIES = `${DELIVERY} deliveries d ${WITH_MESSAGE}`;

/** Of deliveries: nobody's, and not on hold. */
const FREE = 'owner IS NULL AND hold IS NULL';

/**
 * Due deliveries of a destination are counted up to here, so that a backlog of a million does not hold up the
 * queue at every look. Who asks wants to know whether a call is worth it; `waiting` is exact.
 */
export const DUE_COUNT_LIMIT = 1000;

/** Every statement of the spool. A test holds that none of them reads through a table. */
export const SQL = {
  // ---- a new message
  destinationNumber: 'SELECT number FROM destinations WHERE name = ?',
  addDestination: 'INSERT INTO destinations (name) VALUES (?) RETURNING number',
  addMessage: `INSERT INTO messages (id, sender, body_type, source, received, size, in_file, body)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING number`,
  addParameters: `INSERT INTO parameters (message, binary, smtp_utf8, ret, envelope_id, deliver_by, deliver_mode,
    deliver_trace, submitter, origin, top, ours) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  addDelivery: `INSERT INTO deliveries (message, destination, received, due, priority, hold, deadline)
    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  // The same recipient named twice gets the message once.
  addRecipient: `INSERT INTO recipients (message, destination, address, position, due, notify, original)
    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,

  // ---- claims
  claimable: `SELECT number FROM destinations
    WHERE name = ? AND NOT EXISTS (SELECT 1 FROM held_destinations h WHERE h.name = destinations.name)`,
  due: `${DELIVERY} levels l
    CROSS JOIN deliveries d ON d.destination = l.destination AND d.priority = l.priority ${WITH_MESSAGE}
    WHERE l.destination = ? AND d.owner IS NULL AND d.hold IS NULL AND d.due <= ?
    ORDER BY l.priority DESC, d.due, d.message LIMIT ?`,
  claimDelivery: 'UPDATE deliveries SET owner = ?, until = ? WHERE message = ? AND destination = ?',
  claimRecipients: 'UPDATE recipients SET claimed = (due <= ?) WHERE message = ? AND destination = ?',
  renew: 'UPDATE deliveries SET until = ? WHERE owner = ?',
  release: 'UPDATE deliveries SET owner = NULL, until = NULL WHERE owner = ?',
  releaseExpired: `UPDATE deliveries SET owner = NULL, until = NULL WHERE owner IS NOT NULL AND until < ?`,
  releaseAll: 'UPDATE deliveries SET owner = NULL, until = NULL WHERE owner IS NOT NULL',

  // ---- outcomes
  recipient: `SELECT r.message, r.destination
    FROM messages m
    CROSS JOIN destinations t ON t.name = ?
    CROSS JOIN recipients r ON r.message = m.number AND r.destination = t.number AND r.address = ?
    WHERE m.id = ?`,
  removeRecipient: 'DELETE FROM recipients WHERE message = ? AND destination = ? AND address = ?',
  deferRecipient: `UPDATE recipients SET due = ?, attempts = attempts + ?, last_reason = ?, claimed = 0
    WHERE message = ? AND destination = ? AND address = ?`,
  rest: `SELECT min(due) AS due, max(claimed) AS claimed FROM recipients WHERE message = ? AND destination = ?`,
  moveDelivery: 'UPDATE deliveries SET due = ? WHERE message = ? AND destination = ?',
  releaseDelivery: `UPDATE deliveries SET due = ?, owner = NULL, until = NULL
    WHERE message = ? AND destination = ?`,
  warnDelivery: 'UPDATE deliveries SET warned = 1 WHERE message = ? AND destination = ?',
  forgetDeadline: 'UPDATE deliveries SET deadline = NULL WHERE message = ? AND destination = ?',
  removeDelivery: 'DELETE FROM deliveries WHERE message = ? AND destination = ?',
  removeMessage: `DELETE FROM messages
    WHERE number = ? AND NOT EXISTS (SELECT 1 FROM deliveries WHERE message = messages.number)
    RETURNING id, in_file AS inFile`,

  // ---- questions
  recipients: `SELECT address, attempts, last_reason AS lastReason, notify, original FROM recipients
    WHERE message = ? AND destination = ? AND claimed >= ? ORDER BY position`,
  body: `SELECT m.size, m.in_file AS inFile, p.top,
      substr(m.body, max(? - coalesce(length(p.top), 0), 0) + 1) AS octets
    FROM messages m LEFT JOIN parameters p ON p.message = m.number WHERE m.id = ?`,
  bodyInFile: 'SELECT 1 FROM messages WHERE id = ? AND in_file = 1',
  find: `${DELIVERIES} WHERE d.message = (SELECT number FROM messages WHERE id = ?) ORDER BY d.destination`,
  list: `${DELIVERIES} ORDER BY d.received, d.message LIMIT ?`,
  overdue: `${DELIVERIES} WHERE d.received < ? AND d.owner IS NULL AND d.hold IS NULL
    ORDER BY d.received, d.message LIMIT ?`,
  unwarned: `${DELIVERIES} WHERE d.received < ? AND d.owner IS NULL AND d.hold IS NULL AND d.warned = 0
    ORDER BY d.received, d.message LIMIT ?`,
  late: `${DELIVERIES} WHERE d.deadline <= ? AND d.deadline IS NOT NULL AND d.owner IS NULL AND d.hold IS NULL
    ORDER BY d.deadline LIMIT ?`,
  nextDeadline: 'SELECT min(deadline) AS at FROM deliveries WHERE deadline IS NOT NULL AND hold IS NULL',
  // Nothing is due where all is on hold: the levels of such a destination are passed over.
  destinations: `SELECT t.name AS destination, t.waiting, t.held, h.reason AS hold,
      (SELECT count(*) FROM (
        SELECT 1 FROM levels l CROSS JOIN deliveries d
          ON d.destination = l.destination AND d.priority = l.priority AND ${FREE} AND d.due <= ?
        WHERE l.destination = t.number AND h.name IS NULL LIMIT ${DUE_COUNT_LIMIT})) AS due,
      (SELECT min((SELECT min(due) FROM deliveries
          WHERE destination = l.destination AND priority = l.priority AND ${FREE}))
        FROM levels l WHERE l.destination = t.number AND h.name IS NULL) AS nextDue,
      (SELECT min(received) FROM deliveries WHERE destination = t.number) AS oldest
    FROM destinations t LEFT JOIN held_destinations h ON h.name = t.name ORDER BY t.name`,
  totals: `SELECT messages, octets, coalesce((SELECT sum(waiting) FROM destinations), 0) AS deliveries,
      coalesce((SELECT sum(held) FROM destinations), 0) AS held
    FROM totals`,
  heldDestinations: 'SELECT name AS destination, reason, since FROM held_destinations ORDER BY name',

  // ---- the operator
  findByAge: `${DELIVERIES} WHERE (d.received, d.message, d.destination) > (?, ?, ?) AND d.received < ?
    ORDER BY d.received, d.message, d.destination LIMIT ?`,
  findHeld: `${DELIVERIES} WHERE (d.received, d.message, d.destination) > (?, ?, ?) AND d.received < ?
    AND d.hold IS NOT NULL ORDER BY d.received, d.message, d.destination LIMIT ?`,
  findByDestination: `${DELIVERIES} WHERE d.destination = ? AND (d.received, d.message) > (?, ?) AND d.received < ?
    ORDER BY d.received, d.message LIMIT ?`,
  ages: `SELECT d.destination, d.received, d.message, t.name FROM deliveries d
    CROSS JOIN destinations t ON t.number = d.destination
    WHERE (d.destination, d.received, d.message) > (?, ?, ?)
    ORDER BY d.destination, d.received, d.message LIMIT ?`,
  hold: 'UPDATE deliveries SET hold = ? WHERE message = ? AND destination = ?',
  dueAtOnce: 'UPDATE recipients SET due = ? WHERE message = ? AND destination = ?',
  moveRecipients:
    'UPDATE OR IGNORE recipients SET destination = ?, claimed = 0 WHERE message = ? AND destination = ?',
  moveRecipient: `UPDATE OR IGNORE recipients SET destination = ?, claimed = 0
    WHERE message = ? AND destination = ? AND address = ?`,
  removeRecipients: 'DELETE FROM recipients WHERE message = ? AND destination = ?',

  // ---- checkpoints
  transaction: `SELECT message, reply, envelope, prefix, stored FROM transactions
    WHERE peer = ? AND hello = ? AND transid = ? AND touched >= ?`,
  markTransaction: `INSERT INTO transactions (peer, hello, transid, message, touched, envelope, prefix, stored)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (peer, hello, transid) DO UPDATE SET message = excluded.message, touched = excluded.touched,
      reply = NULL, envelope = excluded.envelope, prefix = excluded.prefix, stored = excluded.stored`,
  finishTransaction: `INSERT INTO transactions (peer, hello, transid, message, touched, reply, prefix, stored)
    VALUES (?, ?, ?, ?, ?, ?, 0, ?)
    ON CONFLICT (peer, hello, transid) DO UPDATE SET message = excluded.message, touched = excluded.touched,
      reply = excluded.reply, envelope = NULL, prefix = 0, stored = excluded.stored`,
  forgetTransaction: `DELETE FROM transactions WHERE peer = ? AND hello = ? AND transid = ?
    RETURNING message, reply IS NULL AS isOpen`,
  openOfPeer: `SELECT number, stored FROM transactions WHERE peer = ? AND reply IS NULL ORDER BY touched DESC`,
  // Past the limit at most a few: every new one is followed by this.
  excessFinished: `SELECT number FROM transactions WHERE peer = ? AND reply IS NOT NULL
    ORDER BY touched DESC LIMIT 100 OFFSET ?`,
  removeTransaction: 'DELETE FROM transactions WHERE number = ? RETURNING message, reply IS NULL AS isOpen',
  oldTransactions: 'SELECT number FROM transactions WHERE touched < ? LIMIT ?',
  openTransaction: 'SELECT 1 FROM transactions WHERE message = ? AND reply IS NULL',
  begun: `UPDATE deliveries SET begun = ? WHERE message = (SELECT number FROM messages WHERE id = ?)
    AND destination = (SELECT number FROM destinations WHERE name = ?)`,
  notBegun: 'UPDATE deliveries SET begun = NULL WHERE message = ? AND destination = ? AND begun IS NOT NULL',

  // ---- destinations on hold
  holdDestination: `INSERT INTO held_destinations (name, reason, since) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET reason = excluded.reason`,
  releaseDestination: 'DELETE FROM held_destinations WHERE name = ?',
  totalChanges: 'SELECT total_changes() AS total',

  // ---- transactions
  begin: 'BEGIN',
  commit: 'COMMIT',
  rollback: 'ROLLBACK',
  savepoint: 'SAVEPOINT request',
  keep: 'RELEASE request',
  undo: 'ROLLBACK TO request',
} as const;
