/** For how many seconds a message really stays out of view, by what a call asks for. */
export type QueueClock = (method: string, seconds: number) => number;

/** Rounds of faults work with leases of so long, so that whoever is killed is missed soon. */
const LEASE_SECONDS = 12;
/** What is sent to be seen later is not seen before its sender is done, retries and all. */
const LEAST_SENT_SECONDS = 5;

/**
 * A queue's clock that runs faster for what is parked. A lease is as long as whoever holds it thinks
 * (within reason), and so is a renewal, which asks for as long as the lease did.
 */
export function createQueueClock(speed: number): QueueClock {
  let leaseSeconds: number | undefined;
  return (method, seconds) => {
    if (method === "GET") {
      leaseSeconds = seconds;
    }
    if (method === "GET" || seconds === leaseSeconds) {
      return Math.min(seconds, LEASE_SECONDS);
    }
    const faster = Math.ceil(seconds / speed);
    return method === "POST" ? Math.max(faster, Math.min(seconds, LEAST_SENT_SECONDS)) : faster;
  };
}
