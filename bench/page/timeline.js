/** Notes when a page's slower calls begin and end, so that what lies between them can be seen. */
const notes = [];
globalThis.timeline = notes;

const note = (what, begun) => notes.push({ what, begun, ended: performance.now() });

/** Wraps a method that returns a promise, or an IndexedDB request. */
function watch(owner, name, what = () => name) {
  const original = owner[name];
  owner[name] = function (...given) {
    const begun = performance.now();
    const label = what(...given);
    const result = original.apply(this, given);
    if (result instanceof IDBRequest) result.addEventListener('success', () => note(label, begun));
    else result?.then?.(() => note(label, begun), () => note(`${label} (refused)`, begun));
    return result;
  };
}

watch(IDBFactory.prototype, 'open', () => 'IndexedDB: open');
watch(IDBObjectStore.prototype, 'get', () => 'IndexedDB: get');
watch(IDBObjectStore.prototype, 'put', () => 'IndexedDB: put');
for (const name of ['generateKey', 'exportKey', 'digest', 'sign']) watch(SubtleCrypto.prototype, name, () => `WebCrypto: ${name}`);
watch(globalThis, 'fetch', () => 'fetch: to the headers');

const { transaction } = IDBDatabase.prototype;
IDBDatabase.prototype.transaction = function (...given) {
  const begun = performance.now();
  const result = transaction.apply(this, given);
  result.addEventListener('complete', () => note(`IndexedDB: ${given[1] ?? 'readonly'} transaction`, begun));
  return result;
};

const { request } = LockManager.prototype;
LockManager.prototype.request = function (name, ...rest) {
  const begun = performance.now();
  const work = rest.pop();
  return request.call(this, name, ...rest, (lock) => {
    note('Web Lock: until it is had', begun);
    return work(lock);
  });
};
