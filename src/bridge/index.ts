export { CallerNetwork } from './caller-address.js';
