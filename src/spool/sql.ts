/** What a list of deliveries shows. The joins go by primary key, one row each, and don't touch the body. */
const DELIVERY = `
  SELECT d.message, d.destination, m.id, t.name, m.sender, m.body_type AS bodyType, m.source, m.size,
         m.received, d.due
  FROM deliveries d
  CROSS JOIN messages m ON m.number = d.message
  CROSS JOIN destinations t ON t.number = d.destination`;

/**
 * Due deliveries of a destination are counted up to here, so that a backlog of a million does not hold up the
 * queue at every look. Who asks wants to know whether a call is worth it; `waiting` is exact.
 */
export const DUE_COUNT_LIMIT = 10_000;

/** Every statement of the spool. A test holds that none of them reads through a table. */
export const SQL = {
  // ---- a new message
  destinationNumber: 'SELECT number FROM destinations WHERE name = ?',
  addDestination: 'INSERT INTO destinations (name) VALUES (?) RETURNING number',
  addMessage: `INSERT INTO messages (id, sender, body_type, source, received, size, in_file, body)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING number`,
  addDelivery: `INSERT INTO deliveries (message, destination, received, due) VALUES (?, ?, ?, ?)
    ON CONFLICT DO NOTHING`,
  // The same recipient named twice gets the message once.
  addRecipient: `INSERT INTO recipients (message, destination, address, position, due) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING`,

  // ---- claims
  due: `${DELIVERY} WHERE d.destination = ? AND d.owner IS NULL AND d.due <= ?
    ORDER BY d.due, d.message LIMIT ?`,
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
  removeDelivery: 'DELETE FROM deliveries WHERE message = ? AND destination = ?',
  removeMessage: `DELETE FROM messages
    WHERE number = ? AND NOT EXISTS (SELECT 1 FROM deliveries WHERE message = messages.number)
    RETURNING id, in_file AS inFile`,

  // ---- questions
  recipients: `SELECT address, attempts, last_reason AS lastReason FROM recipients
    WHERE message = ? AND destination = ? AND claimed >= ? ORDER BY position`,
  body: 'SELECT size, in_file AS inFile, substr(body, ? + 1) AS octets FROM messages WHERE id = ?',
  bodyInFile: 'SELECT 1 FROM messages WHERE id = ? AND in_file = 1',
  find: `${DELIVERY} WHERE d.message = (SELECT number FROM messages WHERE id = ?) ORDER BY d.destination`,
  list: `${DELIVERY} ORDER BY d.received, d.message LIMIT ?`,
  overdue: `${DELIVERY} WHERE d.received < ? AND d.owner IS NULL ORDER BY d.received, d.message LIMIT ?`,
  destinations: `SELECT name AS destination, waiting,
      (SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE destination = t.number AND owner IS NULL AND due <= ?
        LIMIT ${DUE_COUNT_LIMIT})) AS due,
      (SELECT min(due) FROM deliveries WHERE destination = t.number AND owner IS NULL) AS nextDue,
      (SELECT min(received) FROM deliveries WHERE destination = t.number) AS oldest
    FROM destinations t ORDER BY name`,
  totalChanges: 'SELECT total_changes() AS total',

  // ---- transactions
  begin: 'BEGIN',
  commit: 'COMMIT',
  rollback: 'ROLLBACK',
  savepoint: 'SAVEPOINT request',
  keep: 'RELEASE request',
  undo: 'ROLLBACK TO request',
} as const;
