/** What a guest is asked who wants to be a user: who they are, and the code that was mailed to them. */

/** @typedef {import('@passerby/login').Challenge} Challenge @typedef {import('@passerby/login').Answer} Answer */

/**
 * Asks the person; null: not now. What they wrote stays in the form for the next question, and goes with the page.
 * @param {(id: string) => HTMLElement | null} at
 * @returns {(challenge: Challenge) => Promise<Answer | null>}
 */
export function createUpgrade(at) {
  const [dialog, person, proof] = ['upgrade', 'upgrade-person', 'upgrade-proof'].map((id) => at(id));
  return (challenge) => new Promise((resolve) => {
    const form = challenge.type === 'code' ? proof : person;
    person.hidden = form !== person;
    proof.hidden = form !== proof;
    at('upgrade-note').textContent = noteFor(challenge);
    proof.reset();
    form.onsubmit = (event) => {
      event.preventDefault();
      end(Object.fromEntries(new FormData(form)));
    };
    at('upgrade-sign-in').onclick = () => end({ type: 'sign_in' });
    at('upgrade-cancel').onclick = () => end(null);
    dialog.oncancel = () => end(null);
    if (!dialog.open) dialog.showModal();

    function end(answer) {
      dialog.close();
      if (answer === null) person.reset();
      resolve(answer);
    }
  });
}

/** @param {Challenge} challenge */
function noteFor(challenge) {
  if (challenge.type === 'code') {
    const sent = `We have sent a code to ${challenge.sentTo}.`;
    return challenge.triesLeft === undefined ? sent : `${sent} That was not it: ${challenge.triesLeft} ${challenge.triesLeft === 1 ? 'try' : 'tries'} left.`;
  }
  if (challenge.refused === 'password') return 'This password is not taken. Choose a longer one.';
  if (challenge.refused === 'name_or_email') return 'This name or e-mail is not taken. Look at both again.';
  if (challenge.refused === 'code') return 'That code is over. Send yourself another one.';
  return 'Your ID and your cart stay as they are. The code shows that the e-mail is yours.';
}
