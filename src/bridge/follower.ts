/** The two ends of a bridge. */
export type Side = 'circuit' | 'tcp';

/** What a bare CR or LF in the data of a CRLF session becomes. */
export type BareLineEnd = 'refuse' | 'crlf';
