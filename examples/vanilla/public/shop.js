/** The page: who is here, their cart, and what a person can do. */
import { createClient } from '/client.js';
import { createShopApi } from '/shop-api.js';
import { troubleFor } from '/trouble.js';
import { noticeLine } from '/timeline.js';
import { createView } from '/view.js';

openShop();

function openShop() {
  const settings = JSON.parse(document.querySelector('meta[name="sign-in"]').content);
  const login = createClient(settings, mergeGuest);
  /** What proves to the shop's server that the guest was this person, too. */
  const proofs = {
    authress: async ({ guestToken }) => ({ guestToken: await guestToken() }),
    oidc: async ({ ticket }) => ({ ticket: await ticket() }),
    // Both cookies go along by themselves.
    zitadel: async () => ({}),
    descope: async ({ guestToken }) => ({ guestToken: await guestToken() }),
    'app-id': async ({ guestToken }) => ({ guestToken: await guestToken() }),
  };
  /** These keep a person's taste, as an attribute, and bring it along. */
  const keepsTheme = ['zitadel', 'descope', 'app-id'].includes(settings.provider);
  // For whoever wants to try the client in the console, and for the tests.
  window.login = login;

  const view = createView({ addToCart, signIn, signOut, discardGuest, checkOut, resolveLink, chooseTheme }, settings.provider);
  const api = createShopApi(login, { credential: settings.provider === 'zitadel' ? 'cookie' : 'token', asked: (text, detail) => view.addToTimeline({ text, detail }) });
  /** Calls about the cart wait for each other, so that the last answer is the latest cart. */
  let cartWork = Promise.resolve();
  /** Tabs tell each other that the cart changed, and not how: each asks the server. The client tells them who is here by itself. */
  const otherTabs = new BroadcastChannel('wayside cart');
  /** Whose cart was asked for last. */
  let cartOwner;
  /** Whose theme is shown. */
  let themeOwner;

  // First of all: this takes a sign-in's code out of the address bar before anything else can see it.
  const arrival = login.completeLogin();
  login.subscribe(hear);
  void listProducts();
  void open(arrival);
  otherTabs.addEventListener('message', () => void loadCart());

  async function open(arriving) {
    await attempt(async () => {
      const outcome = await arriving;
      tellOutcome(outcome);
      // Who was signed in here is asked, not turned into a guest.
      if (login.getEnd() === 'user_expired') view.say('Your session has ended. Sign in again to go on as yourself.');
      else if (!login.getSession()) await login.authenticate();
      else if (!outcome) view.addToTimeline({ text: `Still the same ${login.getSession().kind}`, detail: 'read from this browser' });
    }, () => open(login.completeLogin()));
    showWho();
  }

  function hear({ type, session }) {
    view.addToTimeline(noticeLine(type, session));
    // Who has only just come has chosen none yet.
    if (type === 'guest_started' && keepsTheme) {
      themeOwner = session.subject;
      view.showTheme('');
    }
    showWho();
    if (type === 'identity_in_use') view.askWhoToBe(null);
    else if (type !== 'refreshed' && type !== 'storage_degraded') view.askNothing();
    if (type === 'user_expired') view.say('Your session has ended. Sign in again to go on.');
    if (type === 'guest_ended') view.say('This guest could not be renewed any more, and has ended.');
  }

  function tellOutcome(outcome) {
    if (outcome?.type === 'linked') view.say('You are signed in. Same ID, same cart.');
    if (outcome?.type === 'signed_in') view.say('Welcome back.');
    if (outcome?.type === 'moved') view.say('You are signed in. Your cart has come along.');
    if (outcome?.type === 'identity_in_use') view.askWhoToBe(outcome.existing.subject);
    if (outcome?.type === 'cancelled') {
      view.say('Sign-in cancelled. Everything is as it was.');
      view.addToTimeline({ text: 'Sign-in cancelled', detail: 'nothing changed' });
    }
    if (outcome?.type === 'failed') trouble(outcome.error);
  }

  /** Shows who is here, and the cart of whoever that is. */
  function showWho() {
    const session = login.getSession();
    view.showWho(session);
    if (keepsTheme && session && session.subject !== themeOwner) void loadTheme();
    if (session?.subject === cartOwner) return;
    cartOwner = session?.subject;
    void loadCart();
  }

  function loadTheme() {
    themeOwner = login.getSession()?.subject;
    return attempt(async () => view.showTheme((await login.attributes.get('theme')) ?? ''), loadTheme);
  }

  function chooseTheme(theme) {
    return act(async () => {
      await (theme ? login.attributes.set('theme', theme) : login.attributes.remove('theme'));
      view.showTheme(theme);
    }, () => chooseTheme(theme));
  }

  function listProducts() {
    return attempt(async () => view.showProducts(await api.products()), listProducts);
  }

  function loadCart() {
    return queueForCart(() => api.cart(), loadCart);
  }

  function changeCart(call, again) {
    return queueForCart(async () => {
      const cart = await call();
      otherTabs.postMessage('changed');
      return cart;
    }, again);
  }

  /** Shows the cart that a call answers with, unless it is somebody else's by then. */
  function queueForCart(call, again) {
    cartWork = cartWork.then(() => attempt(async () => {
      const cart = login.getSession() && (await call());
      if (!cart || cart.subject === login.getSession()?.subject) view.showCart(cart);
    }, again));
    return cartWork;
  }

  function addToCart(sku) {
    return act(async () => {
      if (!login.getSession()) await login.authenticate();
      await changeCart(() => api.add(sku), () => addToCart(sku));
    }, () => addToCart(sku));
  }

  function signIn(connectionId) {
    return act(async () => {
      view.addToTimeline({ text: `Leaving for ${connectionId}`, detail: 'to come back as a user' });
      // Where the service wants to know more first, the person is asked on this page.
      const challenge = view.askPerson;
      try {
        if (!login.getSession()) return void (await login.authenticate({ connectionId, challenge }));
        tellOutcome(await login.linkIdentity({ connectionId, challenge }));
      } finally {
        view.stopAsking();
      }
    }, () => signIn(connectionId));
  }

  function signOut() {
    return login.getSession()?.kind === 'guest' ? view.askToDiscard() : act(() => login.logOut());
  }

  function discardGuest() {
    return act(() => login.logOut({ discardGuest: true }));
  }

  function checkOut() {
    return act(async () => {
      if (login.getSession()?.kind !== 'user') return view.askToSignIn('Sign in to check out: your cart comes along.');
      await changeCart(async () => {
        const { ordered, cart } = await api.checkOut();
        view.say(`Thank you! ${ordered.count} ${ordered.count === 1 ? 'thing is' : 'things are'} on the way.`);
        return cart;
      }, checkOut);
    });
  }

  function resolveLink(choice) {
    return act(async () => {
      await login.resolveLink(choice);
      view.askNothing();
      view.addToTimeline({ text: choice === 'stay_guest' ? 'Stayed a guest' : 'Went on as the user', detail: 'as the person chose', turn: true });
      showWho();
    }, () => resolveLink(choice));
  }

  /** Called at least once for each key until it resolves; the shop's server does the merge once. */
  async function mergeGuest({ from, key, guestToken, ticket }) {
    try {
      await api.merge({ from, key, ...(await proofs[settings.provider]({ guestToken, ticket })) });
      view.addToTimeline({ text: 'Cart merged', detail: 'what the guest had came along', turn: true });
    } catch (error) {
      // Without a valid token nothing proves whose the guest's cart was, now or later: trying again would not help.
      if (error.code !== 'grant_refused' && error.code !== 'guest_token_refused' && error.code !== 'ticket_refused') throw error;
      trouble(error);
      return;
    }
    otherTabs.postMessage('changed');
    void loadCart();
  }

  /** Does what a person asked for; what was said before is over. */
  function act(work, again) {
    view.sayNothing();
    return attempt(work, again);
  }

  /** Here errors end: the person is told, with the code. */
  async function attempt(work, again) {
    try {
      await work();
    } catch (error) {
      trouble(error, again);
    }
  }

  function trouble(error, again) {
    const { text, code, isExpected } = troubleFor(error);
    if (!isExpected) reportError(error);
    if (code === 'callback_unknown') view.askNothing();
    view.sayTrouble({ text, code, again: error.retryable ? again : undefined });
    view.addToTimeline({ text: 'Something failed', detail: code, isTrouble: true });
  }
}
