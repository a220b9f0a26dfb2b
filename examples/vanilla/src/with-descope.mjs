/** Descope, emulated, and the verifier, which holds the management key that guests need there. */
import { createDescope as emulateDescope, createMailbox } from '@passerby/emulator';
import { createDescope, memoryStore } from '@passerby/verifier';

/** What a guest may have kept, and takes along. */
const CLAIMS = ['theme', 'displayName'];

/**
 * @param {{ shopUrl: string, loginUrl: string, verifierUrl: string, mailUrl: string }} sites
 * @param {import('./demo.mjs').DemoOptions} options
 */
export async function withDescope({ shopUrl, loginUrl, mailUrl }, { clock, accessTokenLifetimeSeconds, generation = 'new', signingKey }) {
  const mailbox = createMailbox(mailUrl);
  const descope = await emulateDescope({
    baseUrl: loginUrl,
    appOrigins: [shopUrl],
    send: (mail) => mailbox.send(mail),
    ...(accessTokenLifetimeSeconds && { sessionTokenSeconds: accessTokenLifetimeSeconds }),
    ...(clock && { now: clock }),
    ...(signingKey && { signingKey }),
  });
  const { projectId, managementKey } = descope;
  const guests = generation === 'old' ? { generation: 'temporary_user', tenantId: descope.addTenant({ name: 'Anonymous Users' }) } : { generation: 'anonymous_jwt', initialClaims: { displayName: 'Guest' } };
  const verifier = createDescope({
    projectId,
    managementKey,
    baseUrl: loginUrl,
    // Browsers know the names under localhost by themselves, Node does not.
    managementUrl: `http://127.0.0.1:${new URL(loginUrl).port}`,
    origins: [shopUrl],
    claims: CLAIMS,
    store: memoryStore({ now: clock }),
    ...guests,
    ...(clock && { now: clock }),
  });
  const page = { projectId, generation: guests.generation, ...('tenantId' in guests && { guestTenantId: guests.tenantId }) };
  return { service: descope, verifier, descope, mailbox, sites: [mailbox], page, carryClaims: verifier.carryClaims, close: async () => undefined };
}
