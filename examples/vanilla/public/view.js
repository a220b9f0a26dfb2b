/** What the page shows. It knows the document and nothing of the client or the API. */
import { createUpgrade } from '/upgrade.js';

const SVG = 'http://www.w3.org/2000/svg';
const LONGEST_TIMELINE = 200;
const money = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' });
const day = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });
const time = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });

/**
 * @typedef {{ subject: string, kind: 'guest' | 'user', expiresAt: number, renewable: boolean }} Session
 * @typedef {{ subject: string, items: { sku: string, quantity: number }[], count: number, totalCents: number }} Cart
 * @typedef {{ text: string, detail: string, turn?: boolean, isTrouble?: boolean }} TimelineLine
 */

/**
 * @param {object} actions what a person can do here
 * @param {(sku: string) => unknown} actions.addToCart
 * @param {(connectionId: string) => unknown} actions.signIn
 * @param {() => unknown} actions.signOut
 * @param {() => unknown} actions.discardGuest
 * @param {() => unknown} actions.checkOut
 * @param {(choice: 'stay_guest' | 'continue_as_user') => unknown} actions.resolveLink
 * @param {(theme: string) => unknown} actions.chooseTheme
 * @param {'authress' | 'oidc' | 'zitadel' | 'descope' | 'app-id'} provider what people sign in with
 */
export function createView(actions, provider) {
  const at = (id) => document.getElementById(id);
  const cartCount = document.querySelector('[data-testid="cart-count"]');
  const upgrade = createUpgrade(at);
  let products = [];
  let cart = null;

  if (provider === 'zitadel') {
    at('sign-in-google').textContent = 'Sign in or register';
    at('sign-in-github').hidden = true;
  }
  if (provider === 'app-id') {
    // Which has no GitHub, and a page on which people choose.
    at('sign-in-github').hidden = true;
    at('sign-in-app_id').hidden = false;
  }
  for (const connectionId of ['email', 'magic_link']) at(`sign-in-${connectionId}`).hidden = provider !== 'descope';

  for (const connectionId of ['google', 'github', 'email', 'magic_link', 'app_id']) onClick(at(`sign-in-${connectionId}`), () => actions.signIn(connectionId));
  onClick(at('sign-out'), () => actions.signOut());
  onClick(at('checkout'), () => actions.checkOut());
  onClick(at('stay-guest'), () => actions.resolveLink('stay_guest'));
  onClick(at('continue-as-user'), () => actions.resolveLink('continue_as_user'));
  at('theme').addEventListener('change', () => void actions.chooseTheme(at('theme').value));
  onClick(at('status-close'), sayNothing);
  onClick(at('keep-guest'), () => at('discard').close());
  onClick(at('discard-guest'), () => {
    at('discard').close();
    return actions.discardGuest();
  });

  return {
    showProducts(list) {
      products = list;
      at('products').replaceChildren(...list.map((product) => productCard(product, actions)));
      this.showCart(cart);
    },

    /** @param {Session | null} session */
    showWho(session) {
      const kind = session?.kind ?? 'none';
      at('kind').textContent = kind;
      at('kind').className = `badge ${kind}`;
      at('subject').textContent = session?.subject ?? '';
      at('who-note').textContent = noteFor(session);
      at('sign-in').hidden = kind === 'user';
      at('sign-out').hidden = kind === 'none';
      // Nobody has nothing, at once; anybody else's cart comes from the server.
      if (!session) this.showCart(null);
    },

    /** Shows a cart; null: an empty one. @param {Cart | null} shown */
    showCart(shown) {
      cart = shown;
      const { items = [], count = 0, totalCents = 0 } = cart ?? {};
      cartCount.textContent = String(count);
      at('lines').replaceChildren(...items.map((item) => cartLine(item, products.find(({ sku }) => sku === item.sku))));
      at('cart-empty').hidden = count > 0;
      at('total-row').hidden = count === 0;
      at('total').textContent = money.format(totalCents / 100);
      at('checkout').disabled = count === 0;
    },

    /** Asks whether to go on as the account that has this identity; `subject` is null where it is not known here. @param {string | null} subject */
    askWhoToBe(subject) {
      at('continue-as-user').textContent = subject ? `Continue as ${subject.slice(0, 13)}…` : 'Continue as your account';
      at('continue-as-user').title = subject ?? '';
      at('identity-in-use').hidden = false;
    },

    askNothing() {
      at('identity-in-use').hidden = true;
    },

    askPerson: upgrade.ask,

    stopAsking: upgrade.stop,

    /** Where the service keeps what a person likes. @param {string} theme */
    showTheme(theme) {
      at('taste').hidden = false;
      at('theme').value = theme;
      document.documentElement.dataset.theme = theme;
    },

    askToDiscard() {
      at('discard').showModal();
    },

    askToSignIn(text) {
      this.say(text);
      at('sign-in-google').focus();
    },

    say(text) {
      showStatus({ kind: 'news', text });
    },

    sayTrouble({ text, code, again }) {
      showStatus({ kind: 'trouble', text, code, again });
    },

    sayNothing,

    /** @param {TimelineLine} line */
    addToTimeline({ text, detail, turn = false, isTrouble = false }) {
      const line = element('li', { className: isTrouble ? 'trouble' : turn ? 'turn' : '' }, element('span', {}, text), element('time', {}, time.format(new Date())), element('small', {}, detail));
      at('timeline').prepend(line);
      while (at('timeline').childElementCount > LONGEST_TIMELINE) at('timeline').lastElementChild.remove();
    },
  };

  function sayNothing() {
    at('status').hidden = true;
  }

  function showStatus({ kind, text, code = '', again }) {
    at('status').className = `status ${kind}`;
    at('status').hidden = false;
    at('status-text').textContent = text;
    at('status-code').textContent = code;
    at('try-again').hidden = !again;
    at('try-again').onclick = again ? () => void again() : null;
  }
}

/** An action takes care of its own errors, so nobody waits for it. */
function onClick(button, act) {
  button.addEventListener('click', () => void act());
}

function productCard({ sku, name, note, priceCents }, actions) {
  const card = document.getElementById('product').content.cloneNode(true).firstElementChild;
  card.dataset.sku = sku;
  card.querySelector('use').setAttribute('href', `/art.svg#${sku}`);
  card.querySelector('h3').textContent = name;
  card.querySelector('.price').textContent = money.format(priceCents / 100);
  card.querySelector('.note').textContent = note;
  const button = card.querySelector('button');
  button.dataset.testid = `add-${sku}`;
  button.setAttribute('aria-label', `Add ${name} to cart`);
  onClick(button, () => actions.addToCart(sku));
  return card;
}

function cartLine({ sku, quantity }, { name = sku, priceCents = 0 } = {}) {
  const art = document.createElementNS(SVG, 'svg');
  art.setAttribute('viewBox', '0 0 120 120');
  art.append(document.createElementNS(SVG, 'use'));
  art.firstElementChild.setAttribute('href', `/art.svg#${sku}`);
  return element('li', {}, art, element('span', {}, `${quantity} × ${name}`), element('span', { className: 'price' }, money.format((quantity * priceCents) / 100)));
}

function noteFor(session) {
  if (!session) return 'Nobody in particular. Add something, and you are a guest.';
  if (!session.renewable) return `Until ${day.format(new Date(session.expiresAt))}: this session can no longer be renewed.`;
  return session.kind === 'guest' ? 'Known here, by nothing but this ID.' : 'Signed in. Your cart is where you are.';
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}
