/** The client's notices in the timeline's words: names of what happened, and subjects; never a token. */

const lines = {
  guest_started: ({ subject }) => ({ text: 'Guest started', detail: subject, turn: true }),
  linked: ({ subject }) => ({ text: 'Linked', detail: `${subject} is a user now: same ID`, turn: true }),
  moved: ({ subject }) => ({ text: 'Moved', detail: `to ${subject}`, turn: true }),
  identity_in_use: () => ({ text: 'Identity in use', detail: 'this account has an ID already; nothing was switched', turn: true }),
  stayed_guest: ({ subject }) => ({ text: 'Stayed a guest', detail: subject, turn: true }),
  signed_in: ({ subject }) => ({ text: 'Signed in', detail: subject, turn: true }),
  refreshed: () => ({ text: 'Token refreshed', detail: 'in the background' }),
  guest_ended: () => ({ text: 'Guest ended', detail: 'it could not be renewed', isTrouble: true }),
  user_expired: () => ({ text: 'Session expired', detail: 'sign in again', isTrouble: true }),
  signed_out: () => ({ text: 'Signed out', detail: 'in every tab', turn: true }),
  storage_degraded: () => ({ text: 'Storage does not work', detail: 'this tab goes on from memory', isTrouble: true }),
};

/** @returns {import('./view.js').TimelineLine} */
export function noticeLine(type, session) {
  return lines[type](session ?? { subject: 'nobody' });
}
