/** Gives the page its turn by a message to oneself: a timer is held back for a second, or for a minute, in a tab that nobody looks at. */
export const breathe = (): Promise<void> =>
  new Promise((resolve) => {
    // Nobody else has an end of it, and nothing is read of what comes.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
