/** What somebody is asked who signs in on this page: who they are, and the code that was mailed to them. */

/** @typedef {import('@passerby/login').Challenge} Challenge @typedef {import('@passerby/login').Answer} Answer */

/**
 * Asks the person; null: not now. What they wrote stays in the form for the next question, and goes with the page. `stop`: there is nothing to ask any more.
 * @param {(id: string) => HTMLElement | null} at
 * @returns {{ ask(challenge: Challenge): Promise<Answer | null>, stop(): void }}
 */
export function createUpgrade(at) {
  const dialog = at('upgrade');
  /** Whoever was sent a link has nothing to fill in. */
  const forms = { registration: at('upgrade-person'), login_id: at('upgrade-login-id'), code: at('upgrade-proof') };
  const { registration: person, code: proof } = forms;
  const ask = (challenge) => new Promise((resolve) => {
    for (const [type, form] of Object.entries(forms)) {
      form.hidden = type !== challenge.type;
      form.onsubmit = (event) => {
        event.preventDefault();
        end(Object.fromEntries(new FormData(form)));
      };
    }
    at('upgrade-note').textContent = noteFor(challenge);
    proof.reset();
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
  return { ask, stop: () => dialog.close() };
}

/** @param {Challenge} challenge */
function noteFor(challenge) {
  if (challenge.type === 'code') {
    const sent = `We have sent a code to ${challenge.sentTo}.`;
    const left = challenge.triesLeft === undefined ? '' : `: ${challenge.triesLeft} ${challenge.triesLeft === 1 ? 'try' : 'tries'} left`;
    return challenge.refused || left ? `${sent} That was not it${left}.` : sent;
  }
  if (challenge.type === 'link_sent') return `We have sent a link to ${challenge.sentTo}. Open it in this browser; this page goes on by itself.`;
  if (challenge.type === 'login_id' && challenge.refused === 'login_id') return 'This e-mail is not taken. Look at it again.';
  if (challenge.refused === 'password') return 'This password is not taken. Choose a longer one.';
  if (challenge.refused === 'name_or_email') return 'This name or e-mail is not taken. Look at both again.';
  if (challenge.refused === 'code') return 'That code is over. Send yourself another one.';
  return 'Your ID and your cart stay as they are. The code shows that the e-mail is yours.';
}
