/** Every guard that `npm run mutants` takes out, in the order of the sources. */
import { flows } from './guards/flows.mjs';
import { providers } from './guards/providers.mjs';
import { records } from './guards/records.mjs';
import { sessions } from './guards/sessions.mjs';
import { verifier } from './guards/verifier.mjs';
import { wire } from './guards/wire.mjs';

export const guards = [...records, ...sessions, ...flows, ...providers, ...wire, ...verifier];
