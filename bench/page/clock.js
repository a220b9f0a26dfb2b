/** Lets a page's `Date` be moved, and nothing else: two hours later a token has expired. `?shift=` moves it from the start. */
const RealDate = Date;
const clock = { shiftMs: Number(new URLSearchParams(location.search).get('shift') ?? 0), real: () => RealDate.now() };
const shifted = () => RealDate.now() + clock.shiftMs;

globalThis.clock = clock;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, newTarget) => Reflect.construct(target, given.length > 0 ? given : [shifted()], newTarget),
  get: (target, name) => (name === 'now' ? shifted : Reflect.get(target, name)),
});
