/** Every guard that `npm run mutants` takes out, in the order of the sources. */
import { appIdLogin } from './guards/app-id-login.mjs';
import { appIdVerifier } from './guards/app-id-verifier.mjs';
import { descopeLogin } from './guards/descope-login.mjs';
import { descopeVerifier } from './guards/descope-verifier.mjs';
import { flows } from './guards/flows.mjs';
import { issuer } from './guards/issuer.mjs';
import { openId } from './guards/oidc.mjs';
import { providers } from './guards/providers.mjs';
import { records } from './guards/records.mjs';
import { sessions } from './guards/sessions.mjs';
import { store } from './guards/store.mjs';
import { tokens } from './guards/tokens.mjs';
import { verifier } from './guards/verifier.mjs';
import { wire } from './guards/wire.mjs';
import { zitadelLogin } from './guards/zitadel-login.mjs';
import { zitadelVerifier } from './guards/zitadel-verifier.mjs';

export const guards = [...records, ...sessions, ...flows, ...providers, ...openId, ...zitadelLogin, ...descopeLogin, ...appIdLogin, ...wire, ...verifier, ...issuer, ...zitadelVerifier, ...descopeVerifier, ...appIdVerifier, ...store, ...tokens];
