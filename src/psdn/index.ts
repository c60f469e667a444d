export { Switch, type SwitchCount, type SwitchPort } from './switch.js';
