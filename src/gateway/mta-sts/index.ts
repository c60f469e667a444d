export { type FetchStsPolicy, fetchStsPolicy } from './fetch-policy.js';
export { StsPolicies } from './policies.js';
export { isAdmitted, type StsPolicy } from './policy.js';
export { type PolicyStore, policyFile } from './policy-file.js';
