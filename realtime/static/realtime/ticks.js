// A worker that does nothing but count: the timers of a page that nobody looks at come once a minute,
// a worker's come on time.
const EVERY_MS = 2500;

setInterval(() => postMessage(null), EVERY_MS);
