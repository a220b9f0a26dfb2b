/** What a person reads when something fails. */

const texts = {
  network: 'We cannot reach the sign-in service. Nothing is lost; try again in a moment.',
  server: 'The sign-in service is not well just now. Nothing is lost; try again in a moment.',
  response_invalid: 'The sign-in service answered something odd. Nothing is lost; try again in a moment.',
  deadline: 'That took too long. Nothing is lost; try again in a moment.',
  rate_limited: 'Too many visitors at once. Try again in a moment.',
  frame_blocked: 'We could not start your visit in the background. Try again in a moment.',
  login_required: 'Nobody is here any more. Sign in, or put something in the cart to start again.',
  callback_unknown: 'This was answered already, perhaps in another tab.',
  wrong_browser: 'This sign-in was begun in another browser. Start it again here.',
  grant_refused: "The guest's session has ended, so its cart could not come along.",
  guest_token_refused: "The guest's session has ended, so its cart could not come along.",
  session_changed: 'Somebody else signed in meanwhile. Reload the page to go on.',
  cart_empty: 'There is nothing in the cart yet.',
  token_expired: 'Your session has just ended. Reload the page to go on.',
  keys_unavailable: 'The shop cannot check who you are just now. Try again in a moment.',
};

/** The text for an error; `isExpected` is false for a fault of the page's own, which the console should hear of. */
export function troubleFor(error) {
  if (error?.name === 'LoginError' || error?.name === 'ApiError') return { text: texts[error.code] ?? error.message, code: error.code, isExpected: true };
  if (error instanceof TypeError && !navigator.onLine) return { text: 'You seem to be offline. Nothing is lost.', code: 'offline', isExpected: true };
  return { text: 'Something went wrong on this page. Reload it to go on.', code: 'page', isExpected: false };
}
