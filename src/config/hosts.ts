/** Whether only this machine reaches what listens there; whether what is sent there comes to this machine. */
export function isThisMachine(host: string): boolean {
  return /^(localhost|127\..*|::1)$/i.test(host);
}

/** All addresses of this machine. */
export function isAnywhere(host: string): boolean {
  return /^(0\.0\.0\.0|::)$/.test(host);
}
